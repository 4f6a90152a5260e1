import { Controller, Get, Header, Res } from '@nestjs/common';
import { ApiOkResponse, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../auth/key.guard.js';
import { LiveDto, ReadyDto } from './health.dto.js';
import { HealthService } from './health.service.js';

@ApiTags('operations')
@Controller()
@Public()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /** The process answers. Restart it if it does not. */
  @Get('livez')
  @Header('cache-control', 'no-store')
  @ApiOkResponse({ type: LiveDto, description: 'It does.' })
  live(): LiveDto {
    return { status: 'ok' };
  }

  /** Database, queue and object store answer; otherwise 503 says which does not. */
  @Get('readyz')
  @Header('cache-control', 'no-store')
  @ApiOkResponse({ type: ReadyDto, description: 'All parts are ready.' })
  @ApiResponse({ status: 503, type: ReadyDto, description: 'At least one part is not ready.' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadyDto> {
    const parts = await this.health.parts();
    const ready = Object.values(parts).every((part) => part.ready);
    if (!ready) void reply.status(503);
    return { status: ready ? 'ok' : 'unavailable', parts };
  }
}

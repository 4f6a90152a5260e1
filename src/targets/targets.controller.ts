import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ByCaller, Needs } from '../auth/key.guard.js';
import type { Caller } from '../auth/scopes.js';
import { ApiRefusals } from '../edge/api-refusals.js';
import { nextLink } from '../edge/page.js';
import { PAGE_SIZE_DEFAULT } from '../edge/page.dto.js';
import { TargetDto, TargetPageDto, TargetsQuery } from './target.dto.js';
import { targetView } from './target-view.js';
import { TargetsService } from './targets.service.js';

@ApiTags('targets')
@Controller('v1/targets')
@Needs('scans:read')
export class TargetsController {
  constructor(private readonly targets: TargetsService) {}

  /** What was ever scanned, newest first, each with its latest result by every profile. */
  @Get()
  @ApiOkResponse({ type: TargetPageDto, description: 'A page; `Link` with rel="next" leads to the next one.' })
  @ApiRefusals()
  async list(
    @ByCaller() caller: Caller,
    @Query() query: TargetsQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TargetPageDto> {
    const limit = query.limit ?? PAGE_SIZE_DEFAULT;
    const page = await this.targets.list(caller, query.image ?? null, limit, query.cursor);
    const link = nextLink(request.url, page.next);
    if (link !== undefined) void reply.header('link', link);
    return { items: page.items.map(targetView), next: page.next };
  }

  /** One target. */
  @Get(':id')
  @ApiOkResponse({ type: TargetDto, description: 'The target.' })
  @ApiRefusals('NOT_FOUND')
  async get(@ByCaller() caller: Caller, @Param('id') id: string): Promise<TargetDto> {
    return targetView(await this.targets.get(caller, id));
  }
}

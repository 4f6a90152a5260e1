import { Body, Controller, Delete, Get, Header, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiRefusals } from '../edge/api-refusals.js';
import { nextLink } from '../edge/page.js';
import { PAGE_SIZE_DEFAULT, PageQuery } from '../edge/page.dto.js';
import { ByCaller, Needs } from './key.guard.js';
import { CreatedKeyDto, CreateKeyDto, KeyDto, KeyPageDto } from './keys.dto.js';
import { KeysService } from './keys.service.js';
import type { Caller } from './scopes.js';

@ApiTags('keys')
@Controller('v1/keys')
@Needs('admin')
export class KeysController {
  constructor(private readonly keys: KeysService) {}

  /** Makes an API key. The answer is the only one that shows it: keep it. */
  @Post()
  @Header('cache-control', 'no-store')
  @ApiCreatedResponse({ type: CreatedKeyDto, description: 'The key, shown this once.' })
  @ApiRefusals('MALFORMED_JSON', 'UNSUPPORTED_MEDIA_TYPE', 'BODY_TOO_LARGE')
  create(@ByCaller() caller: Caller, @Body() body: CreateKeyDto): Promise<CreatedKeyDto> {
    return this.keys.create(caller, body);
  }

  /** Keys of the project, newest first, revoked ones included; never the keys themselves. */
  @Get()
  @ApiOkResponse({ type: KeyPageDto, description: 'A page; `Link` with rel="next" leads to the next one.' })
  @ApiRefusals()
  async list(
    @ByCaller() caller: Caller,
    @Query() query: PageQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<KeyPageDto> {
    const page = await this.keys.list(caller, query.limit ?? PAGE_SIZE_DEFAULT, query.cursor);
    const link = nextLink(request.url, page.next);
    if (link !== undefined) void reply.header('link', link);
    return page;
  }

  /** Revokes a key: the next request with it is refused. A second time is the same answer. */
  @Delete(':id')
  @ApiOkResponse({ type: KeyDto, description: 'The key, revoked.' })
  @ApiRefusals('NOT_FOUND', 'CONFLICT')
  revoke(@ByCaller() caller: Caller, @Param('id') id: string): Promise<KeyDto> {
    return this.keys.revoke(caller, id);
  }
}

import { Controller, Get, Headers, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ByCaller, Needs } from '../auth/key.guard.js';
import type { Caller } from '../auth/scopes.js';
import { ApiNotModified, ApiRefusals } from '../edge/api-refusals.js';
import { etagOf, matches } from '../edge/etag.js';
import { nextLink } from '../edge/page.js';
import { PAGE_SIZE_DEFAULT } from '../edge/page.dto.js';
import type { ControlStatus, Severity } from '../results/evaluation.js';
import { ListControlsQuery } from './list-controls.query.js';
import type { ScanControl } from './scan-control.js';
import { ScanControlPageDto, type ScanControlDto } from './scan-control.dto.js';
import { ScanControlsService } from './scan-controls.service.js';

@ApiTags('scans')
@Controller('v1/scans')
export class ScanControlsController {
  constructor(private readonly controls: ScanControlsService) {}

  /** The controls of a scan, as they were judged, in the order of the report. */
  @Get(':id/controls')
  @Needs('scans:read')
  @ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: 'An ETag that was answered before: 304 if it still holds.',
  })
  @ApiOkResponse({ type: ScanControlPageDto, description: 'A page; `Link` with rel="next" leads to the next one.' })
  @ApiNotModified()
  @ApiRefusals('NO_REPORT', 'NOT_FOUND')
  async list(
    @ByCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: ListControlsQuery,
    @Headers('if-none-match') known: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const filter = { statuses: query.status ?? [], severities: query.severity ?? [], text: query.text ?? null };
    const page = await this.controls.list(caller, id, filter, query.limit ?? PAGE_SIZE_DEFAULT, query.cursor);
    const view: ScanControlPageDto = { items: page.items.map(controlView), next: page.next };
    const body = JSON.stringify(view);
    const etag = etagOf(body);
    const link = nextLink(request.url, page.next);
    if (link !== undefined) void reply.header('link', link);
    void reply.header('etag', etag).header('cache-control', 'private, no-cache');
    if (matches(known, etag)) await reply.status(304).send();
    else await reply.header('content-type', 'application/json; charset=utf-8').send(body);
  }
}

/** The casts hold because rows are written from a `strict` evaluation, which knows no other words. */
function controlView({ controlId, profileName, ...row }: ScanControl): ScanControlDto {
  const { status, severity, impact, waived, title, message } = row;
  return {
    controlId,
    profile: profileName,
    status: status as ControlStatus,
    severity: severity as Severity,
    impact,
    waived,
    title,
    message,
  };
}

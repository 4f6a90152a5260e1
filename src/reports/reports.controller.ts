import { Controller, Get, Headers, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ByCaller, Needs } from '../auth/key.guard.js';
import type { Caller } from '../auth/scopes.js';
import { ApiNotModified, ApiRefusals } from '../edge/api-refusals.js';
import { matches } from '../edge/etag.js';
import { nextLink } from '../edge/page.js';
import { PAGE_SIZE_DEFAULT } from '../edge/page.dto.js';
import { ScansService } from '../scans/scans.service.js';
import { ReportsService } from './reports.service.js';
import { SummaryPageDto, SummaryQuery } from './summary.dto.js';

@ApiTags('reports')
@Controller('v1')
@Needs('scans:read')
export class ReportsController {
  constructor(
    private readonly reports: ReportsService,
    private readonly scans: ScansService,
  ) {}

  /** The report of a scan: the very bytes that CINC Auditor wrote (InSpec exec JSON). */
  @Get('scans/:id/report')
  @ApiProduces('application/json')
  @ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: 'An ETag that was answered before: 304 if it still holds.',
  })
  @ApiOkResponse({
    description: 'The report; the ETag is its SHA-256.',
    content: { 'application/json': { schema: { type: 'object', additionalProperties: true } } },
  })
  @ApiNotModified()
  @ApiRefusals('NO_REPORT', 'NOT_FOUND')
  async report(
    @ByCaller() caller: Caller,
    @Param('id') id: string,
    @Headers('if-none-match') known: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const report = this.reports.reportOf(await this.scans.get(caller, id));
    const etag = `"${report.sha256}"`;
    // A scan has one report for good.
    void reply.header('etag', etag).header('cache-control', 'private, max-age=31536000, immutable');
    if (matches(known, etag)) {
      await reply.status(304).send();
      return;
    }
    const stream = await this.reports.read(report);
    void reply
      .header('content-type', 'application/json; charset=utf-8')
      .header('content-length', report.bytes)
      .header('content-disposition', `attachment; filename="${id}.json"`)
      // The report is the target's and the profile's text: no browser may take it for a page.
      .header('x-content-type-options', 'nosniff');
    await reply.send(stream);
  }

  /** Counts and compliance over the latest result of each target and profile, worst first. */
  @Get('reports/summary')
  @ApiOkResponse({ type: SummaryPageDto })
  @ApiRefusals('INVALID')
  async summary(
    @ByCaller() caller: Caller,
    @Query() query: SummaryQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SummaryPageDto> {
    const limit = query.limit ?? PAGE_SIZE_DEFAULT;
    const page = await this.reports.summary(caller, query.groupBy, limit, query.cursor);
    const link = nextLink(request.url, page.next);
    if (link !== undefined) void reply.header('link', link);
    return page;
  }
}

import { Readable } from 'node:stream';
import { Controller, Get, Headers, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ByCaller, Needs } from '../auth/key.guard.js';
import type { Caller } from '../auth/scopes.js';
import { RequestError } from '../domain/errors.js';
import { ApiNotModified, ApiRefusals } from '../edge/api-refusals.js';
import { etagOf, matches } from '../edge/etag.js';
import { nextLink } from '../edge/page.js';
import { PAGE_SIZE_DEFAULT } from '../edge/page.dto.js';
import type { Scan, StoredReport } from '../scans/scan.js';
import { ScansService } from '../scans/scans.service.js';
import { EXPORT_FORMATS, type ExportName } from './export/export-formats.js';
import { HTML_CONTENT_SECURITY_POLICY } from './export/html-export.js';
import { ReportExportsService } from './report-exports.service.js';
import { acceptedOffer, offeredMediaTypes, offerOf } from './report-format.js';
import { ReportQuery } from './report.query.js';
import { ReportsService } from './reports.service.js';
import { SummaryPageDto, SummaryQuery } from './summary.dto.js';

/** What the description says of the formats. */
const CONTENT = Object.fromEntries(
  offeredMediaTypes().map((mediaType) => [
    mediaType,
    { schema: mediaType.endsWith('json') ? { type: 'object', additionalProperties: true } : { type: 'string' } },
  ]),
);

@ApiTags('reports')
@Controller('v1')
@Needs('scans:read')
export class ReportsController {
  constructor(
    private readonly reports: ReportsService,
    private readonly exports: ReportExportsService,
    private readonly scans: ScansService,
  ) {}

  /**
   * The report of a scan: the very bytes that CINC Auditor wrote (InSpec exec JSON), or made of them a table (CSV), JUnit, SARIF, a page
   * (HTML) or Markdown. `format` decides, else `Accept`, else it is JSON.
   */
  @Get('scans/:id/report')
  @ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: 'An ETag that was answered before: 304 if it still holds.',
  })
  @ApiOkResponse({
    description: 'The report. Each format has an ETag of its own; that of JSON is its SHA-256.',
    content: CONTENT,
  })
  @ApiNotModified()
  @ApiRefusals('NO_REPORT', 'NOT_FOUND', 'NOT_ACCEPTABLE')
  async report(
    @ByCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: ReportQuery,
    @Headers('accept') accept: string | undefined,
    @Headers('if-none-match') known: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const scan = await this.scans.get(caller, id);
    const report = this.reports.reportOf(scan);
    // The report is the target's and the profile's text: no browser may take it for anything but what it is.
    void reply.header('vary', 'Accept').header('x-content-type-options', 'nosniff');
    const offer = query.format === undefined ? acceptedOffer(accept) : offerOf(query.format);
    if (offer === null) {
      throw new RequestError('NOT_ACCEPTABLE', `a report is offered as ${offeredMediaTypes().join(', ')}`);
    }
    const { format, mediaType } = offer;
    if (format === 'json') await this.sendAsWritten(id, report, mediaType, known, reply);
    else await this.sendExported(scan, format, mediaType, known, reply);
  }

  /** Counts and compliance over the latest result of each target and profile, worst first. */
  @Get('reports/summary')
  @ApiOkResponse({ type: SummaryPageDto, description: 'A page; `Link` with rel="next" leads to the next one.' })
  @ApiRefusals()
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

  private async sendAsWritten(
    id: string,
    report: StoredReport,
    mediaType: string,
    known: string | undefined,
    reply: FastifyReply,
  ): Promise<void> {
    const etag = `"${report.sha256}"`;
    // A scan has one report for good. Not said before the report is at hand, or a refusal would be kept as long.
    const answer = (): FastifyReply =>
      reply.header('etag', etag).header('cache-control', 'private, max-age=31536000, immutable');
    if (matches(known, etag)) {
      await answer().status(304).send();
      return;
    }
    const stream = await this.reports.read(report);
    await answer()
      .header('content-type', mediaType)
      .header('content-length', report.bytes)
      .header('content-disposition', `attachment; filename="${id}.json"`)
      .send(stream);
  }

  private async sendExported(
    scan: Scan,
    format: ExportName,
    mediaType: string,
    known: string | undefined,
    reply: FastifyReply,
  ): Promise<void> {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const exported = await this.exports.export(scan, format, gone.signal);
    if (exported === null) {
      reply.hijack(); // nobody is there to be answered
      return;
    }
    // Of the bytes themselves: a later version of this service may write them otherwise.
    const etag = etagOf(`${mediaType}\n${exported.sha256}`);
    void reply.header('etag', etag).header('cache-control', 'private, no-cache');
    if (format === 'html') {
      const policy = { 'content-security-policy': HTML_CONTENT_SECURITY_POLICY, 'x-frame-options': 'DENY' };
      void reply.headers({ ...policy, 'referrer-policy': 'no-referrer' });
    }
    if (matches(known, etag)) {
      await reply.status(304).send();
      return;
    }
    // A page is to be looked at; everything else is a file to keep.
    const disposition = format === 'html' ? 'inline' : 'attachment';
    await reply
      .header('content-type', mediaType)
      .header('content-length', exported.bytes)
      .header('content-disposition', `${disposition}; filename="${scan.id}.${EXPORT_FORMATS[format].extension}"`)
      .send(Readable.from(exported.chunks));
  }
}

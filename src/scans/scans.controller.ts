import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ByCaller, Needs } from '../auth/key.guard.js';
import type { Caller } from '../auth/scopes.js';
import { isTerminal } from '../domain/scan-state.js';
import { ApiNotModified, ApiRefusals } from '../edge/api-refusals.js';
import { type Checked } from '../edge/check.js';
import { CheckLater, invalid } from '../edge/check.pipe.js';
import { etagOf, matches } from '../edge/etag.js';
import { nextLink } from '../edge/page.js';
import { PAGE_SIZE_DEFAULT } from '../edge/page.dto.js';
import { preferredWait } from '../edge/prefer.js';
import { CreateScanDto } from './create-scan.dto.js';
import { EvidenceDto } from './evidence.dto.js';
import { GetScanQuery, ListScansQuery, SubmitScanQuery } from './list-scans.query.js';
import { scanFilter } from './scan-filter.js';
import { scanView } from './scan-view.js';
import { ScanDto, ScanPageDto } from './scan.dto.js';
import type { Evidence, Scan } from './scan.js';
import { ScansService } from './scans.service.js';

/** Seconds after which it makes sense to look again at a scan that was just submitted. */
const RETRY_AFTER_SECONDS = 5;
/** Seconds that an answer may be waited for. */
const WAIT_MAX = 60;

@ApiTags('scans')
@Controller('v1/scans')
export class ScansController {
  constructor(private readonly scans: ScansService) {}

  /** Submits a scan: it is stored when this answers, and runs as soon as there is room for its pod. */
  @Post()
  @HttpCode(202)
  @Needs('scans:write')
  @ApiBody({ type: CreateScanDto })
  @ApiHeader({ name: 'Prefer', required: false, description: '`wait=N`: the same as the parameter `wait`.' })
  @ApiAcceptedResponse({
    type: ScanDto,
    description: 'The scan, queued; with `wait`, ended if it ended in that time.',
    headers: {
      Location: { description: 'Where the scan is.', schema: { type: 'string' } },
      'Retry-After': { description: 'Seconds after which to look again.', schema: { type: 'integer' } },
    },
  })
  @ApiRefusals('MALFORMED_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE')
  async submit(
    @ByCaller() caller: Caller,
    @Body(new CheckLater(CreateScanDto)) body: Checked<CreateScanDto>,
    @Query() query: SubmitScanQuery,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Headers('prefer') prefer: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ScanDto> {
    // Ignoring it would make two scans where the caller counts on one.
    const unsupported = { parameter: 'Idempotency-Key', detail: 'is a header that this version does not support' };
    if (idempotencyKey !== undefined) throw invalid([unsupported, ...body.faults]);
    const submitted = await this.scans.submit(caller, body);
    const preferred = query.wait === undefined ? preferredWait(prefer, WAIT_MAX) : null;
    const seconds = query.wait ?? preferred ?? 0;
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const scan = seconds > 0 ? await this.scans.wait(caller, submitted.id, seconds, never, gone.signal) : submitted;
    const view = scanView(scan);
    if (preferred !== null) void reply.header('preference-applied', `wait=${preferred}`);
    if (!isTerminal(scan.state)) void reply.header('retry-after', RETRY_AFTER_SECONDS);
    void reply.header('location', view.links.self);
    return view;
  }

  /** Scans, newest first. */
  @Get()
  @Needs('scans:read')
  @ApiOkResponse({ type: ScanPageDto, description: 'A page; `Link` with rel="next" leads to the next one.' })
  @ApiRefusals()
  async list(
    @ByCaller() caller: Caller,
    @Query() query: ListScansQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ScanPageDto> {
    const page = await this.scans.list(caller, scanFilter(query), query.limit ?? PAGE_SIZE_DEFAULT, query.cursor);
    const link = nextLink(request.url, page.next);
    if (link !== undefined) void reply.header('link', link);
    return { items: page.items.map(scanView), next: page.next };
  }

  /** One scan: its state, and its summary when it is completed. */
  @Get(':id')
  @Needs('scans:read')
  @ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: 'An ETag that was answered before: 304 if it still holds.',
  })
  @ApiOkResponse({ type: ScanDto, description: 'The scan as it is now.' })
  @ApiNotModified()
  @ApiRefusals('NOT_FOUND')
  async get(
    @ByCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: GetScanQuery,
    @Headers('if-none-match') known: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const changed = (scan: Scan): boolean => known !== undefined && !matches(known, etagOf(serialized(scan)));
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const scan = query.wait
      ? await this.scans.wait(caller, id, query.wait, changed, gone.signal)
      : await this.scans.get(caller, id);
    const body = serialized(scan);
    const etag = etagOf(body);
    void reply.header('etag', etag).header('cache-control', 'no-cache');
    if (matches(known, etag)) await reply.status(304).send();
    else await reply.header('content-type', 'application/json; charset=utf-8').send(body);
  }

  /** Cancels a scan, whatever it is doing; its pod is removed. A second time is the same answer. */
  @Delete(':id')
  @Needs('scans:write')
  @ApiOkResponse({ type: ScanDto, description: 'The scan, canceled.' })
  @ApiRefusals('NOT_FOUND', 'CONFLICT')
  async cancel(@ByCaller() caller: Caller, @Param('id') id: string): Promise<ScanDto> {
    return scanView(await this.scans.cancel(caller, id));
  }

  /** Why a scan failed, in the engine's words: pod, containers, events, the end of the logs. */
  @Get(':id/evidence')
  @Needs('scans:read')
  @ApiOkResponse({ type: EvidenceDto, description: 'What was kept of its pod.' })
  @ApiRefusals('NOT_FOUND')
  evidence(@ByCaller() caller: Caller, @Param('id') id: string): Promise<Evidence> {
    return this.scans.evidence(caller, id);
  }
}

/** Waits to the end, whatever changes before. */
function never(): boolean {
  return false;
}

function serialized(scan: Scan): string {
  return JSON.stringify(scanView(scan));
}

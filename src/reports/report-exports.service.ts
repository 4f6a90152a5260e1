import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Readable } from 'node:stream';
import { setImmediate as nextTick } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import { RequestError } from '../domain/errors.js';
import { MAX_REPORT_BYTES } from '../results/decode-report.js';
import { ProfileTextsRepository } from '../profiles/profile-texts.repository.js';
import { ReportError } from '../results/report.error.js';
import type { Scan, StoredReport } from '../scans/scan.js';
import type { ExportName } from './export/export-formats.js';
import { ReportsService } from './reports.service.js';
import { ReportTimeoutError } from './threads/report-threads.js';
import { ReportWork } from './threads/report-work.js';
import { Turns } from './turns.js';

/** A report in another format: its bytes in pieces, how many they are, and their SHA-256 in hex. */
export interface ExportedReport {
  chunks: Uint8Array[];
  bytes: number;
  sha256: string;
}

/** Conversions at a time: each holds a report of up to 64 MiB, and what is made of it, in memory. */
const AT_ONCE = Math.min(2, availableParallelism());
/** Requests that may wait for one; more are told to come again. */
const WAITING_MAX = 64;

/** Reports in other formats, made when they are asked for and in threads of their own: the event loop goes on meanwhile. */
@Injectable()
export class ReportExportsService {
  private readonly turns = new Turns(AT_ONCE, WAITING_MAX);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly reports: ReportsService,
    private readonly work: ReportWork,
    private readonly texts: ProfileTextsRepository,
  ) {}

  /**
   * The scan's report in this format, with the verdict that its threshold gives; null if the caller has gone before it was begun.
   * Throws NO_REPORT, NOT_ACCEPTABLE for a report that cannot be converted, and UNAVAILABLE if there is too much to do.
   */
  async export(scan: Scan, format: ExportName, gone: AbortSignal): Promise<ExportedReport | null> {
    const report = this.reports.reportOf(scan);
    this.refuseTooLarge(report);
    const exported = await this.turns.take(async () => ({
      made: gone.aborted ? null : await this.convert(scan, report, format),
    }));
    if (exported === null) throw new RequestError('UNAVAILABLE', 'too many reports are being converted just now');
    return exported.made;
  }

  /** Nest calls this when the last request is answered. */
  async onApplicationShutdown(): Promise<void> {
    await this.work.close();
  }

  private refuseTooLarge(report: StoredReport): void {
    const limit = Math.min(this.config.limits.reportBytes, MAX_REPORT_BYTES);
    if (report.bytes > limit) {
      throw asJsonOnly(`it has ${report.bytes} bytes, and reports of up to ${limit} are converted`);
    }
  }

  private async convert(scan: Scan, report: StoredReport, format: ExportName): Promise<ExportedReport> {
    const written = await bytesOf(await this.reports.read(report), report.bytes);
    const texts = await this.texts.textsOf(scan.profile.digest, Object.keys(scan.waivers));
    const heading = { id: scan.id, target: scan.target.image, finishedAt: scan.finishedAt };
    try {
      return await measured(await this.work.export(written, format, scan.threshold, heading, texts));
    } catch (error) {
      if (error instanceof ReportTimeoutError) throw new RequestError('UNAVAILABLE', error.message);
      if (error instanceof ReportError) throw asJsonOnly(error.message);
      throw error;
    }
  }
}

function asJsonOnly(reason: string): RequestError {
  return new RequestError('NOT_ACCEPTABLE', `this report can be had as json only: ${reason}`);
}

async function bytesOf(stream: Readable, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes.set(chunk, length);
    length += chunk.length;
  }
  return bytes;
}

/** Piece by piece, and the event loop has its turn between them: a page can have a hundred MiB. */
async function measured(chunks: Uint8Array[]): Promise<ExportedReport> {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.length;
    await nextTick();
  }
  return { chunks, bytes, sha256: hash.digest('hex') };
}

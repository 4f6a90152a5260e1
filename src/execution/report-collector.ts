import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import type { ScanFailure } from '../domain/errors.js';
import { PodRuntime } from '../ports/pod-runtime.js';
import { ReportArchive, type ReportOwner } from '../reports/report-archive.js';
import type { StoredReport } from '../scans/scan.js';
import { isReport, parseFrames, type FramedReport } from './frames.js';
import type { Receipt } from './receipt.js';
import { failScan, Interrupted, ScanFailed } from './scan-failed.error.js';

const TRIES = 4;
const PAUSE_MS = 300;
const OTHER_LINES_BYTES = 1024 * 1024;
/** So long a store is waited for however late it is: the reconciler gives a scan up a minute after its deadline. */
const STORE_LEAST_MS = 30_000;
const STORE_PAUSE_MAX_MS = 5_000;

/** Brings a report from the scanner's log into the store, and believes neither without a checksum. */
@Injectable()
export class ReportCollector {
  readonly #logger = new Logger(ReportCollector.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly runtime: PodRuntime,
    private readonly archive: ReportArchive,
  ) {}

  /** The report that the receipt tells of; throws ScanFailed REPORT_MISSING, REPORT_DAMAGED or REPORT_TOO_LARGE. */
  async fetch(podName: string, receipt: Pick<Receipt, 'report'>): Promise<FramedReport> {
    let failure: ScanFailure | null = null;
    // The kubelet may still be writing when the watch already says that the container ended.
    for (let tries = 1; tries <= TRIES; tries++) {
      const report = await this.#read(podName, receipt);
      if (isReport(report)) return report;
      failure = report;
      if (!['REPORT_MISSING', 'REPORT_DAMAGED'].includes(failure.code)) break;
      if (tries < TRIES) await sleep(PAUSE_MS * tries);
    }
    throw new ScanFailed(failure ?? failScan('REPORT_MISSING', 'There is no report').failure, receipt);
  }

  /**
   * Stores the report under its sha256, reads it back and checks it. A store that is away is waited for `withinMs`, and half a minute at least; then
   * ScanFailed STORE_FAILED. Throws Interrupted after `signal`.
   */
  async keep(report: FramedReport, owner: ReportOwner, withinMs: number, signal: AbortSignal): Promise<StoredReport> {
    const until = performance.now() + Math.max(withinMs, STORE_LEAST_MS);
    for (let tries = 1; ; tries++) {
      try {
        return await this.archive.keep(report, owner);
      } catch (error) {
        const { message } = error as Error;
        this.#logger.warn(`the report ${report.sha256} could not be stored in try ${tries}: ${message}`);
        if (performance.now() >= until) throw failScan('STORE_FAILED', `The report could not be stored: ${message}`);
      }
      await sleep(Math.min(PAUSE_MS * 2 ** tries, STORE_PAUSE_MAX_MS), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) throw new Interrupted();
    }
  }

  async #read(podName: string, receipt: Pick<Receipt, 'report'>): Promise<FramedReport | ScanFailure> {
    const { logBytes, reportBytes } = this.config.limits;
    const maxBytes = Math.ceil(logBytes * 1.4) + OTHER_LINES_BYTES;
    const log = await this.runtime.log(podName, 'scanner', { maxBytes });
    if (!log) return failScan('REPORT_MISSING', "The scanner's log cannot be read").failure;
    const { report } = await parseFrames(log, reportBytes);
    if (!isReport(report)) return report;
    const promised = receipt.report;
    if (promised && report.sha256 === promised.sha256 && report.bytes.length === promised.bytes) return report;
    return failScan(
      'REPORT_DAMAGED',
      `The report has the sha256 ${report.sha256}; the receipt says ${promised?.sha256 ?? 'nothing of one'}`,
    ).failure;
  }
}

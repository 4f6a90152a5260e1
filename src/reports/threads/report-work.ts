import type { ExportName } from '../export/export-formats.js';
import type { ExportedScan } from '../export/export-input.js';
import type { EvaluationMode } from '../../results/evaluation.js';
import type { KnownText } from '../../results/waived-texts.js';
import type { EvaluationRefusal, EvaluationRequest } from '../../thresholds/evaluation-request.js';
import type { ReportIdentity } from '../storage/packed-report.js';
import type { JudgedReport } from './judged-report.js';
import { exportedOf, judgedOf, type PackedDictionary, requestOf, runReportTask, storedOf } from './report-task.js';

/**
 * Reading and judging reports, wherever it runs. Rejects with `ReportError` for a report that cannot be read (or is too costly to read)
 * and with `ThresholdError` for a threshold that cannot be used.
 */
export abstract class ReportWork {
  /** The report's bytes are given away: a copy would hold up the event loop. `texts`: of controls that a waiver kept from being run, as far as they are known. */
  abstract judge(
    report: Uint8Array | string,
    mode: EvaluationMode,
    threshold: unknown,
    texts?: readonly KnownText[],
  ): Promise<JudgedReport>;
  /** The report's bytes are given away. */
  abstract export(
    report: Uint8Array | string,
    format: ExportName,
    threshold: unknown,
    scan: ExportedScan | null,
    texts?: readonly KnownText[],
  ): Promise<Uint8Array[]>;
  /** The body of a request for an evaluation, taken apart; its bytes are given away. Rejects with `ReportError` if it is too costly to read. */
  abstract request(body: Uint8Array): Promise<EvaluationRequest | EvaluationRefusal>;
  /** The report described by the dictionary, proven to give the report again. Rejects with `StoredReportError` if the dictionary is not the one. */
  abstract pack(report: Uint8Array, dictionary: PackedDictionary): Promise<Uint8Array[]>;
  /** The report as it was written, in pieces. Rejects with `StoredReportError` if it is not the one expected. */
  abstract unpack(
    stored: Uint8Array,
    dictionary: PackedDictionary | null,
    expected: ReportIdentity,
  ): Promise<Uint8Array[]>;
  /** The same without the report: rejects or does not. */
  abstract check(stored: Uint8Array, dictionary: PackedDictionary | null, expected: ReportIdentity): Promise<void>;
  abstract close(): Promise<void>;
}

/** In the thread that asks: for tests and short programs. A large report stops everything else for as long as it takes. */
export class SameThreadReports extends ReportWork {
  override judge(
    report: Uint8Array | string,
    mode: EvaluationMode,
    threshold: unknown,
    texts: readonly KnownText[] = [],
  ): Promise<JudgedReport> {
    return Promise.resolve().then(() => judgedOf(runReportTask({ kind: 'judge', report, mode, threshold, texts })));
  }

  override export(
    report: Uint8Array | string,
    format: ExportName,
    threshold: unknown,
    scan: ExportedScan | null,
    texts: readonly KnownText[] = [],
  ): Promise<Uint8Array[]> {
    return Promise.resolve().then(() =>
      exportedOf(runReportTask({ kind: 'export', report, format, threshold, scan, texts })),
    );
  }

  override request(body: Uint8Array): Promise<EvaluationRequest | EvaluationRefusal> {
    return Promise.resolve().then(() => requestOf(runReportTask({ kind: 'request', body })));
  }

  override pack(report: Uint8Array, dictionary: PackedDictionary): Promise<Uint8Array[]> {
    return Promise.resolve().then(() => storedOf(runReportTask({ kind: 'pack', report, dictionary })));
  }

  override unpack(
    stored: Uint8Array,
    dictionary: PackedDictionary | null,
    expected: ReportIdentity,
  ): Promise<Uint8Array[]> {
    return Promise.resolve().then(() => storedOf(runReportTask({ kind: 'unpack', stored, dictionary, expected })));
  }

  override async check(
    stored: Uint8Array,
    dictionary: PackedDictionary | null,
    expected: ReportIdentity,
  ): Promise<void> {
    await Promise.resolve().then(() => storedOf(runReportTask({ kind: 'check', stored, dictionary, expected })));
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}

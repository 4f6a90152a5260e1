import type { ExportName } from '../export/export-formats.js';
import type { ExportedScan } from '../export/export-input.js';
import type { EvaluationMode } from '../../results/evaluation.js';
import type { KnownText } from '../../results/waived-texts.js';
import { exportedOf, judgedOf, type JudgedReport, runReportTask } from './report-task.js';

/**
 * Reading and judging reports, wherever it runs. Rejects with `ReportError` for a report that cannot be read (or is too costly to read)
 * and with `ThresholdError` for a threshold that cannot be used.
 */
export abstract class ReportWork {
  /** `texts`: of controls that a waiver kept from being run, as far as they are known. */
  abstract judge(
    report: Uint8Array | string,
    mode: EvaluationMode,
    threshold: unknown,
    texts?: readonly KnownText[],
  ): Promise<JudgedReport>;
  abstract export(
    report: Uint8Array | string,
    format: ExportName,
    threshold: unknown,
    scan: ExportedScan | null,
    texts?: readonly KnownText[],
  ): Promise<Uint8Array[]>;
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

  override close(): Promise<void> {
    return Promise.resolve();
  }
}

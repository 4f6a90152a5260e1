import { readFileSync } from 'node:fs';
import { evaluate } from '../results/evaluate.js';
import type { Evaluation, EvaluationMode } from '../results/evaluation.js';
import { parseReport } from '../results/parse-report.js';
import { ReportError } from '../results/report.error.js';

/** A report on disk, evaluated; `profileName` is that of its first profile, by which `saf summary` groups. */
export interface EvaluatedFile {
  path: string;
  profileName: string;
  evaluation: Evaluation;
}

/** A file that cannot be read or is no report. */
export interface UnreadableFile {
  path: string;
  error: { path: string; detail: string };
}

/** Reads and evaluates one report; `-` is standard input. */
export function readReportFile(path: string, mode: EvaluationMode): EvaluatedFile | UnreadableFile {
  try {
    const report = parseReport(readInput(path));
    return { path, profileName: report.profiles[0]?.name ?? '', evaluation: evaluate(report, mode) };
  } catch (error) {
    if (!(error instanceof ReportError)) throw error;
    return { path, error: { path: error.path, detail: error.detail } };
  }
}

/** The bytes of a file or of standard input; throws `ReportError` if they cannot be had. */
export function readInput(path: string): Buffer {
  try {
    return readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ReportError(
      '$',
      code === 'ENOENT' ? 'cannot be read: there is no such file' : `cannot be read: ${message}`,
    );
  }
}

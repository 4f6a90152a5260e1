import type { EvaluationMode } from '../results/evaluation.js';
import type { Summary } from '../results/summary.js';
import { ReportError } from '../results/report.error.js';
import type { Breach } from '../thresholds/breach.js';
import { judge } from '../thresholds/judge.js';
import { parseThreshold } from '../thresholds/parse-threshold.js';
import { ThresholdError, type ThresholdFault } from '../thresholds/threshold.error.js';
import type { Threshold } from '../thresholds/threshold.js';
import type { ThresholdSource } from './command-line.js';
import { readInput, readReportFile } from './report-file.js';

export type CliVerdict = 'passed' | 'failed' | 'error';

/** What came of one report. */
export type ReportOutcome =
  | { report: string; verdict: 'passed' | 'failed'; summary: Summary; breaches: Breach[]; notes: string[] }
  | { report: string; verdict: 'error'; error: { path: string; detail: string } };

/** What came of all of them: an error anywhere is an error of the whole, else a failed one fails it. */
export interface Outcome {
  verdict: CliVerdict;
  mode: EvaluationMode;
  /** The bounds that were held against the reports; empty in mode `saf`, where a threshold is not taken apart. */
  bounds: string[];
  /** What is wrong with the threshold: then no report was looked at. */
  errors: ThresholdFault[];
  reports: ReportOutcome[];
}

/** Holds every report against the threshold, each by itself. */
export function evaluateReports(reports: readonly string[], source: ThresholdSource, mode: EvaluationMode): Outcome {
  const outcome: Outcome = { verdict: 'error', mode, bounds: [], errors: [], reports: [] };
  let threshold: Threshold;
  try {
    threshold = readThreshold(source, mode);
    outcome.bounds = threshold.mode === 'strict' ? threshold.bounds.map(({ key }) => key) : [];
    outcome.reports = reports.map((path) => judgeFile(path, threshold, mode));
  } catch (error) {
    if (!(error instanceof ThresholdError)) throw error;
    return { ...outcome, errors: [...error.faults], reports: [] };
  }
  const verdicts = new Set(outcome.reports.map(({ verdict }) => verdict));
  outcome.verdict = verdicts.has('error') ? 'error' : verdicts.has('failed') ? 'failed' : 'passed';
  return outcome;
}

function judgeFile(path: string, threshold: Threshold, mode: EvaluationMode): ReportOutcome {
  const file = readReportFile(path, mode);
  if ('error' in file) return { report: path, verdict: 'error', error: file.error };
  const { summary, notes } = file.evaluation;
  return { report: path, ...judge(file.evaluation, threshold, mode), summary, notes };
}

function readThreshold(source: ThresholdSource, mode: EvaluationMode): Threshold {
  if ('inline' in source) return parseThreshold(source.inline, mode, 'inline');
  return parseThreshold(thresholdText(source.file), mode, 'file');
}

/** The text of a threshold file; throws `ThresholdError` if it cannot be read. */
export function thresholdText(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readInput(file));
  } catch (error) {
    const detail = error instanceof ReportError ? error.detail : 'is not UTF-8 text';
    throw new ThresholdError([{ key: '', detail: `the threshold ${file} ${detail}` }]);
  }
}

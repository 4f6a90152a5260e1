import { evaluate } from '../../results/evaluate.js';
import type { Evaluation, EvaluationMode } from '../../results/evaluation.js';
import { parseReport } from '../../results/parse-report.js';
import { ReportError } from '../../results/report.error.js';
import { withTexts, type KnownText } from '../../results/waived-texts.js';
import { judge, type Judgement } from '../../thresholds/judge.js';
import { parseThreshold } from '../../thresholds/parse-threshold.js';
import { ThresholdError, type ThresholdFault } from '../../thresholds/threshold.error.js';
import { EXPORT_FORMATS, type ExportName } from '../export/export-formats.js';
import type { ExportedScan } from '../export/export-input.js';

/** Read, evaluate and judge one report; without a threshold there is no judgement. */
export interface JudgeTask {
  kind: 'judge';
  report: Uint8Array | string;
  mode: EvaluationMode;
  threshold: unknown;
  /** Of controls that a waiver kept from being run, as far as they are known. */
  texts: readonly KnownText[];
}

/** Read and evaluate one report and write it in another format. */
export interface ExportTask {
  kind: 'export';
  report: Uint8Array | string;
  format: ExportName;
  threshold: unknown;
  scan: ExportedScan | null;
  texts: readonly KnownText[];
}

export type ReportTask = JudgeTask | ExportTask;

export interface JudgedReport {
  evaluation: Evaluation;
  judgement: Judgement | null;
}

/** What comes of a task, in a form that passes between threads: an error's class would be lost on the way. */
export type ReportAnswer =
  | { kind: 'judged'; judged: JudgedReport }
  | { kind: 'exported'; chunks: Uint8Array<ArrayBuffer>[] }
  | { kind: 'report-error'; path: string; detail: string }
  | { kind: 'threshold-error'; faults: ThresholdFault[] };

/** Output is handed on in pieces of about this many characters. */
const CHUNK = 256 * 1024;

/** Does a task. What is wrong with a report or a threshold is an answer; anything else is thrown. */
export function runReportTask(task: ReportTask): ReportAnswer {
  try {
    if (task.kind === 'judge') return { kind: 'judged', judged: judged(task) };
    const report = withTexts(parseReport(task.report), task.texts);
    const evaluation = evaluate(report, 'strict');
    const judgement = judgementOf(evaluation, task.threshold);
    return {
      kind: 'exported',
      chunks: chunksOf(EXPORT_FORMATS[task.format].write({ report, evaluation, judgement, scan: task.scan })),
    };
  } catch (error) {
    if (error instanceof ReportError) return { kind: 'report-error', path: error.path, detail: error.detail };
    if (error instanceof ThresholdError) return { kind: 'threshold-error', faults: [...error.faults] };
    throw error;
  }
}

/** The judged report of an answer; throws the error that the task met. */
export function judgedOf(answer: ReportAnswer): JudgedReport {
  if (answer.kind === 'judged') return answer.judged;
  throw errorOf(answer);
}

/** The exported bytes of an answer, in pieces; throws the error that the task met. */
export function exportedOf(answer: ReportAnswer): Uint8Array[] {
  if (answer.kind === 'exported') return answer.chunks;
  throw errorOf(answer);
}

function errorOf(answer: ReportAnswer): Error {
  if (answer.kind === 'report-error') return new ReportError(answer.path, answer.detail);
  if (answer.kind === 'threshold-error') return new ThresholdError(answer.faults);
  return new Error(`a task came back as ${answer.kind}`);
}

function judged({ report, mode, threshold, texts }: JudgeTask): JudgedReport {
  const evaluation = evaluate(withTexts(parseReport(report), texts), mode);
  return { evaluation, judgement: judgementOf(evaluation, threshold) };
}

function judgementOf(evaluation: Evaluation, threshold: unknown): Judgement | null {
  if (threshold === null || threshold === undefined) return null;
  return judge(evaluation, parseThreshold(threshold, evaluation.mode), evaluation.mode);
}

function chunksOf(pieces: Iterable<string>): Uint8Array<ArrayBuffer>[] {
  const encoder = new TextEncoder();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < CHUNK) continue;
    chunks.push(encoder.encode(text));
    text = '';
  }
  if (text !== '') chunks.push(encoder.encode(text));
  return chunks;
}

import { createHash } from 'node:crypto';
import { evaluate } from '../../results/evaluate.js';
import type { Evaluation, EvaluationMode } from '../../results/evaluation.js';
import { parseReport } from '../../results/parse-report.js';
import { ReportError } from '../../results/report.error.js';
import { withTexts, type KnownText } from '../../results/waived-texts.js';
import {
  readEvaluationRequest,
  type EvaluationRefusal,
  type EvaluationRequest,
} from '../../thresholds/evaluation-request.js';
import { judge, type Judgement } from '../../thresholds/judge.js';
import { parseThreshold } from '../../thresholds/parse-threshold.js';
import { ThresholdError, type ThresholdFault } from '../../thresholds/threshold.error.js';
import { packReport, readDictionary, unpackReport, type ReportIdentity } from '../storage/packed-report.js';
import { StoredReportError } from '../storage/stored-report.error.js';
import { EXPORT_FORMATS, type ExportName } from '../export/export-formats.js';
import type { ExportedScan } from '../export/export-input.js';
import { type JudgedReport, received, sent, type SentReport } from './judged-report.js';

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

/** Pack a report by its dictionary (a gzip); what comes of it is unpacked again and compared. */
export interface PackTask {
  kind: 'pack';
  report: Uint8Array;
  dictionary: PackedDictionary;
}

/** Unpack what is stored of a report; `check` only says whether it is the one that is expected. */
export interface UnpackTask {
  kind: 'unpack' | 'check';
  stored: Uint8Array;
  /** Null for what needs none. */
  dictionary: PackedDictionary | null;
  expected: ReportIdentity;
}

/** A dictionary as it is stored, and what it must be. */
export interface PackedDictionary {
  gzip: Uint8Array;
  sha256: string;
  bytes: number;
}

/** Take the body of a request for an evaluation apart. */
export interface RequestTask {
  kind: 'request';
  body: Uint8Array;
}

export type ReportTask = JudgeTask | ExportTask | PackTask | UnpackTask | RequestTask;

/** What comes of a task, in a form that passes between threads: an error's class would be lost on the way. */
export type ReportAnswer =
  | { kind: 'judged'; judged: SentReport }
  | { kind: 'exported' | 'stored'; chunks: Uint8Array<ArrayBuffer>[] }
  | EvaluationRequest
  | EvaluationRefusal
  | { kind: 'stored-error'; message: string }
  | { kind: 'report-error'; path: string; detail: string }
  | { kind: 'threshold-error'; faults: ThresholdFault[] };

/** Output is handed on in pieces of about this many characters. */
const CHUNK = 256 * 1024;

/** Does a task. What is wrong with a report or a threshold is an answer; anything else is thrown. */
export function runReportTask(task: ReportTask): ReportAnswer {
  try {
    if (task.kind === 'judge') return { kind: 'judged', judged: judged(task) };
    if (task.kind === 'request') return readEvaluationRequest(task.body);
    if (task.kind !== 'export') return { kind: 'stored', chunks: storedChunks(task) };
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
    if (error instanceof StoredReportError) return { kind: 'stored-error', message: error.message };
    throw error;
  }
}

/** The judged report of an answer; throws the error that the task met. */
export function judgedOf(answer: ReportAnswer): JudgedReport {
  if (answer.kind === 'judged') return received(answer.judged);
  throw errorOf(answer);
}

/** The exported bytes of an answer, in pieces; throws the error that the task met. */
export function exportedOf(answer: ReportAnswer): Uint8Array[] {
  if (answer.kind === 'exported') return answer.chunks;
  throw errorOf(answer);
}

/** The bytes of an answer about what is stored, in pieces; throws the error that the task met. */
export function storedOf(answer: ReportAnswer): Uint8Array[] {
  if (answer.kind === 'stored') return answer.chunks;
  throw errorOf(answer);
}

/** The request of an answer, or why it is none; throws the error that the task met. */
export function requestOf(answer: ReportAnswer): EvaluationRequest | EvaluationRefusal {
  if (answer.kind === 'request' || answer.kind === 'malformed' || answer.kind === 'too-large') return answer;
  throw errorOf(answer);
}

function errorOf(answer: ReportAnswer): Error {
  if (answer.kind === 'report-error') return new ReportError(answer.path, answer.detail);
  if (answer.kind === 'threshold-error') return new ThresholdError(answer.faults);
  if (answer.kind === 'stored-error') return new StoredReportError(answer.message);
  return new Error(`a task came back as ${answer.kind}`);
}

function storedChunks(task: PackTask | UnpackTask): Uint8Array<ArrayBuffer>[] {
  const dictionary =
    task.dictionary && readDictionary(task.dictionary.gzip, task.dictionary.sha256, task.dictionary.bytes);
  if (task.kind !== 'pack') {
    const report = unpackReport(task.stored, dictionary, task.expected);
    return task.kind === 'check' ? [] : pieces(report);
  }
  const report = Buffer.from(task.report.buffer, task.report.byteOffset, task.report.byteLength);
  const packed = packReport(report, dictionary ?? Buffer.alloc(0));
  const sha256 = createHash('sha256').update(report).digest('hex');
  unpackReport(packed, dictionary ?? Buffer.alloc(0), { bytes: report.length, sha256 });
  return [new Uint8Array(packed)];
}

/** Each with a buffer of its own, which can change hands. */
function pieces(bytes: Buffer): Uint8Array<ArrayBuffer>[] {
  const all: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK) all.push(new Uint8Array(bytes.subarray(at, at + CHUNK)));
  return all;
}

function judged({ report, mode, threshold, texts }: JudgeTask): SentReport {
  const evaluation = evaluate(withTexts(parseReport(report), texts), mode);
  return sent(evaluation, judgementOf(evaluation, threshold));
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

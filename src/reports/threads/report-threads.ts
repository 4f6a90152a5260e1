import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { EvaluationMode } from '../../results/evaluation.js';
import type { EvaluationRefusal, EvaluationRequest } from '../../thresholds/evaluation-request.js';
import { ReportError } from '../../results/report.error.js';
import type { KnownText } from '../../results/waived-texts.js';
import type { ExportName } from '../export/export-formats.js';
import type { ExportedScan } from '../export/export-input.js';
import type { ReportIdentity } from '../storage/packed-report.js';
import type { JudgedReport } from './judged-report.js';
import {
  exportedOf,
  judgedOf,
  type PackedDictionary,
  type ReportAnswer,
  type ReportTask,
  requestOf,
  storedOf,
} from './report-task.js';
import { ReportWork } from './report-work.js';

export interface ReportThreadsOptions {
  /** Threads at most; the costliest report that is read at all takes about 1 GiB in its thread, the usual one a few MiB. */
  threads?: number;
  timeoutMs?: number;
  /** The compiled report-thread.js. */
  file?: string;
}

const IDLE_MS = 30_000;
/** A thread runs compiled code, also where a test has loaded this file from src/: from both folders it is the same way. */
const COMPILED = fileURLToPath(new URL('../../../dist/reports/threads/report-thread.js', import.meta.url));

/** The report may well be readable, but not in the time that it is given. */
export class ReportTimeoutError extends ReportError {
  constructor(timeoutMs: number) {
    super('$', `the report could not be read within ${timeoutMs / 1000} seconds`);
    this.name = 'ReportTimeoutError';
  }
}

/** Reading and judging reports in threads of their own, so that the event loop and the renewal of a job's lock never wait for it. */
export class ReportThreads extends ReportWork {
  readonly #pool: Piscina<ReportTask, ReportAnswer>;
  readonly #timeoutMs: number;

  constructor(options: ReportThreadsOptions = {}) {
    super();
    this.#timeoutMs = options.timeoutMs ?? 60_000;
    this.#pool = new Piscina<ReportTask, ReportAnswer>({
      filename: options.file ?? COMPILED,
      minThreads: 0,
      maxThreads: options.threads ?? Math.min(2, availableParallelism()),
      idleTimeout: IDLE_MS,
      // Above what any report can take (decode-report.ts): a thread that runs into its limit may end the whole process.
      resourceLimits: { maxOldGenerationSizeMb: 2048 },
    });
  }

  override async judge(
    report: Uint8Array | string,
    mode: EvaluationMode,
    threshold: unknown,
    texts: readonly KnownText[] = [],
  ): Promise<JudgedReport> {
    const given = ownBuffer(report);
    return judgedOf(await this.#run({ kind: 'judge', report: given, mode, threshold, texts }, buffersOf(given)));
  }

  override async export(
    report: Uint8Array | string,
    format: ExportName,
    threshold: unknown,
    scan: ExportedScan | null,
    texts: readonly KnownText[] = [],
  ): Promise<Uint8Array[]> {
    const given = ownBuffer(report);
    const task = { report: given, format, threshold, scan, texts };
    return exportedOf(await this.#run({ kind: 'export', ...task }, buffersOf(given)));
  }

  override async request(body: Uint8Array): Promise<EvaluationRequest | EvaluationRefusal> {
    const given = own(body);
    return requestOf(await this.#run({ kind: 'request', body: given }, [given.buffer as ArrayBuffer]));
  }

  override async pack(report: Uint8Array, dictionary: PackedDictionary): Promise<Uint8Array[]> {
    return storedOf(await this.#run({ kind: 'pack', report: own(report), dictionary: ownDictionary(dictionary) }));
  }

  override async unpack(
    stored: Uint8Array,
    dictionary: PackedDictionary | null,
    expected: ReportIdentity,
  ): Promise<Uint8Array[]> {
    const task = { stored: own(stored), dictionary: dictionary && ownDictionary(dictionary), expected };
    return storedOf(await this.#run({ kind: 'unpack', ...task }));
  }

  override async check(
    stored: Uint8Array,
    dictionary: PackedDictionary | null,
    expected: ReportIdentity,
  ): Promise<void> {
    const task = { stored: own(stored), dictionary: dictionary && ownDictionary(dictionary), expected };
    storedOf(await this.#run({ kind: 'check', ...task }));
  }

  /** Ends every thread; tasks that run are rejected. */
  override async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #run(task: ReportTask, transferList: ArrayBuffer[] = []): Promise<ReportAnswer> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    try {
      return await this.#pool.run(task, { signal, transferList });
    } catch (error) {
      if (signal.aborted) throw new ReportTimeoutError(this.#timeoutMs);
      throw error;
    }
  }
}

function ownBuffer(report: Uint8Array | string): Uint8Array | string {
  return typeof report === 'string' ? report : own(report);
}

function buffersOf(report: Uint8Array | string): ArrayBuffer[] {
  return typeof report === 'string' ? [] : [report.buffer as ArrayBuffer];
}

/** A view into a larger buffer would take all of that buffer along to the other thread. */
function own(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

function ownDictionary(dictionary: PackedDictionary): PackedDictionary {
  return { ...dictionary, gzip: own(dictionary.gzip) };
}

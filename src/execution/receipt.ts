import { SCAN_FAILURES, scanFailure, type ScanFailure, type ScanFailureCode } from '../domain/errors.js';
import type { PodObservation } from '../ports/pod-runtime.js';
import type { Coverage } from '../scans/scan.js';

/** What the scanner says of its run (docs/scan-pod.md). A parsed receipt has the right form; whether to believe it is another question. */
export interface Receipt {
  scan: string;
  attempt: number;
  ok: boolean;
  exitCode: number | null;
  report: { sha256: string; bytes: number; gzipBytes: number } | null;
  profile: { name: string; version: string; digest: string } | null;
  /** Of the inputs and waivers that the auditor was given; null if it was given none. */
  inputs: { digest: string } | null;
  target: { container: string; containerId: string | null; proof: string; podUid: string | null } | null;
  coverage: Coverage;
  error: { code: ScanFailureCode; message: string } | null;
}

/** What was asked of the scanner, to hold its receipt against. */
export interface Asked {
  scan: string;
  attempt: number;
  digest: string;
  /** Digest of the inputs and waivers, or null. */
  inputs: string | null;
  proof: 'hold' | 'process';
}

/** A receipt has at most 4,000 bytes; a little more is read so that an engine's own line end does not matter. */
const MAX_RECEIPT_BYTES = 4_096;
const MAX_MESSAGE = 2_000;
const CODES_OF_SCANNER: readonly ScanFailureCode[] = [
  'PROFILE_NOT_FOUND',
  'PROFILE_INVALID',
  'PROFILE_COMMAND_REFUSED',
  'PROFILE_READS_SCANNER',
  'TARGET_NOT_PROVEN',
  'TARGET_UNREADABLE',
  'TARGET_EXITED',
  'INPUTS_NOT_DELIVERED',
  'INPUTS_REFUSED',
  'REPORT_TOO_LARGE',
  'TIMEOUT',
  'SCANNER_FAILED',
];

type Fields = Record<string, unknown>;

/** Parses a receipt strictly; a text that is none gives the reason in words. */
export function parseReceipt(text: string): Receipt | string {
  if (Buffer.byteLength(text) > MAX_RECEIPT_BYTES) return `it is larger than ${MAX_RECEIPT_BYTES} bytes`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  try {
    return receiptOf(fields(value, 'it'));
  } catch (error) {
    if (error instanceof Misshapen) return error.message;
    throw error;
  }
}

/** Why the receipt is not believed, or null if it is: it must be about this attempt, this profile, and the container that the engine calls `target`. */
export function disbelief(receipt: Receipt, asked: Asked, pod: PodObservation): ScanFailure | null {
  if (receipt.scan !== asked.scan || receipt.attempt !== asked.attempt) {
    return scanFailure(
      'SCANNER_FAILED',
      `The receipt is about ${receipt.scan} attempt ${receipt.attempt}, not about this scan`,
    );
  }
  if (!receipt.ok) return null;
  if (receipt.profile?.digest !== asked.digest) {
    return scanFailure(
      'SCANNER_FAILED',
      `The scanner ran the profile ${receipt.profile?.digest ?? 'unknown'}, not ${asked.digest}`,
    );
  }
  const inputs = receipt.inputs?.digest ?? null;
  if (inputs !== asked.inputs) {
    return scanFailure(
      'INPUTS_NOT_DELIVERED',
      `The scanner applied ${inputs === null ? 'no inputs and waivers' : `the inputs and waivers ${inputs}`}, not ${asked.inputs ?? 'none'}`,
    );
  }
  const reason = unproven(receipt, asked, pod);
  return reason ? scanFailure('TARGET_NOT_PROVEN', reason) : null;
}

/** The failure that a receipt with `ok: false` tells of. */
export function failureOfReceipt(receipt: Receipt): ScanFailure {
  return scanFailure(
    receipt.error?.code ?? 'SCANNER_FAILED',
    receipt.error?.message || SCAN_FAILURES.SCANNER_FAILED.title,
  );
}

function unproven({ target }: Receipt, asked: Asked, pod: PodObservation): string | null {
  if (!target) return 'The receipt does not say which process was scanned';
  if (target.container !== 'target') return `The scanner scanned the container ${JSON.stringify(target.container)}`;
  if (target.proof !== asked.proof)
    return `The target was to be proven by ${asked.proof}; the receipt says ${JSON.stringify(target.proof)}`;
  if (target.podUid !== null && target.podUid !== pod.uid)
    return `The receipt is of the pod ${target.podUid}, not of ${pod.uid}`;
  const container = pod.containers.find((one) => one.name === 'target');
  if (target.containerId !== null) {
    if (target.containerId === container?.containerId) return null;
    return `The scanner read the container ${target.containerId}; the engine says that the target is ${container?.containerId ?? 'unknown'}`;
  }
  return target.podUid === null ? 'The receipt names neither a container id nor the pod' : null;
}

class Misshapen extends Error {}

function receiptOf(r: Fields): Receipt {
  if (r.v !== 1) throw new Misshapen(`its version is ${JSON.stringify(r.v)}, not 1`);
  const receipt: Receipt = {
    scan: text(r.scan, 'scan'),
    attempt: count(r.attempt, 'attempt'),
    ok: flag(r.ok, 'ok'),
    exitCode: r.exitCode === null || r.exitCode === undefined ? null : count(r.exitCode, 'exitCode'),
    report: optional(r.report, 'report', reportOf),
    profile: optional(r.profile, 'profile', profileOf),
    inputs: optional(r.inputs, 'inputs', (given) => ({ digest: text(given.digest, 'inputs.digest') })),
    target: optional(r.target, 'target', targetOf),
    coverage: optional(r.coverage, 'coverage', coverageOf) ?? { ...NOTHING },
    error: optional(r.error, 'error', errorOf),
  };
  if (receipt.ok && (!receipt.report || !receipt.profile || !receipt.target)) {
    throw new Misshapen('it says ok without a report, a profile and a target');
  }
  if (receipt.ok && receipt.error) throw new Misshapen('it says ok and has an error');
  if (!receipt.ok && !receipt.error) throw new Misshapen('it says that the scan failed, but not why');
  return receipt;
}

const NOTHING: Coverage = { inProcess: 0, toolbox: 0, target: 0, refused: 0, refusedPrograms: [], targetPrograms: [] };

function reportOf(r: Fields): NonNullable<Receipt['report']> {
  const sha256 = text(r.sha256, 'report.sha256');
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Misshapen('report.sha256 is not a sha256');
  return { sha256, bytes: count(r.bytes, 'report.bytes'), gzipBytes: count(r.gzipBytes, 'report.gzipBytes') };
}

function profileOf(r: Fields): NonNullable<Receipt['profile']> {
  const orEmpty = (value: unknown, name: string) => (value === null || value === undefined ? '' : text(value, name));
  return {
    name: orEmpty(r.name, 'profile.name'),
    version: orEmpty(r.version, 'profile.version'),
    digest: text(r.digest, 'profile.digest'),
  };
}

function targetOf(r: Fields): NonNullable<Receipt['target']> {
  const orNull = (value: unknown, name: string) => (value === null || value === undefined ? null : text(value, name));
  return {
    container: text(r.container, 'target.container'),
    containerId: orNull(r.containerId, 'target.containerId'),
    proof: text(r.proof, 'target.proof'),
    podUid: orNull(r.podUid, 'target.podUid'),
  };
}

function coverageOf(r: Fields): Coverage {
  return {
    inProcess: count(r.inProcess, 'coverage.inProcess'),
    toolbox: count(r.toolbox, 'coverage.toolbox'),
    target: count(r.target, 'coverage.target'),
    refused: count(r.refused, 'coverage.refused'),
    refusedPrograms: names(r.refusedPrograms, 'coverage.refusedPrograms'),
    targetPrograms: names(r.targetPrograms, 'coverage.targetPrograms'),
  };
}

function errorOf(r: Fields): NonNullable<Receipt['error']> {
  const code = text(r.code, 'error.code');
  const known = CODES_OF_SCANNER.find((one) => one === code);
  const message = text(r.message, 'error.message').slice(0, MAX_MESSAGE);
  return known
    ? { code: known, message }
    : { code: 'SCANNER_FAILED', message: `${code}: ${message}`.slice(0, MAX_MESSAGE) };
}

function optional<T>(value: unknown, name: string, read: (r: Fields) => T): T | null {
  return value === null || value === undefined ? null : read(fields(value, name));
}

function fields(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Misshapen(`${name} is not an object`);
  return value as Fields;
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new Misshapen(`${name} is not a text`);
  return value;
}

function count(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new Misshapen(`${name} is not a count`);
  return value;
}

function flag(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw new Misshapen(`${name} is neither true nor false`);
  return value;
}

function names(value: unknown, name: string): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Misshapen(`${name} is not a list`);
  return value.map((one: unknown, i) => text(one, `${name}[${i}]`));
}

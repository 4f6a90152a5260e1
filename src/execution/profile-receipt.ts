import { scanFailure, type ScanFailure, type ScanFailureCode } from '../domain/errors.js';
import type { Receipt } from './receipt.js';

/** What `describe` says of its run (docs/scan-pod.md). A parsed receipt has the right form, and is about what was asked. */
export interface ProfileReceipt {
  ok: boolean;
  report: Receipt['report'];
  /** The archive was there, and is the one that was asked for. */
  archiveProven: boolean;
  error: ScanFailure | null;
}

const MAX_RECEIPT_BYTES = 4_096;
const MAX_MESSAGE = 2_000;
const CODES: readonly ScanFailureCode[] = [
  'PROFILE_NOT_FOUND',
  'PROFILE_INVALID',
  'REPORT_TOO_LARGE',
  'TIMEOUT',
  'SCANNER_FAILED',
];

type Fields = Readonly<Record<string, unknown>>;

/** Parses a receipt strictly and holds it against what was asked; one that is not believed gives the reason in words. */
export function parseProfileReceipt(text: string, asked: { digest: string; attempt: number }): ProfileReceipt | string {
  if (Buffer.byteLength(text) > MAX_RECEIPT_BYTES) return `it is larger than ${MAX_RECEIPT_BYTES} bytes`;
  const r = fieldsOf(text);
  if (!r) return 'it is not a JSON object';
  if (r.v !== 1 || r.kind !== 'profile') return `it is of version ${show(r.v)} and kind ${show(r.kind)}`;
  if (r.digest !== asked.digest || r.attempt !== asked.attempt)
    return `it is about ${show(r.digest)} attempt ${show(r.attempt)}`;
  if (typeof r.ok !== 'boolean') return 'ok is neither true nor false';
  const report = isFields(r.report) ? reportOf(r.report) : null;
  const archiveProven = isFields(r.profile) && r.profile.digest === asked.digest;
  const error = isFields(r.error) ? errorOf(r.error) : null;
  if (r.ok && (!report || !archiveProven || error))
    return 'it says ok without a report of the archive that was asked for';
  if (!r.ok && !error) return 'it says that the reading failed, but not why';
  return { ok: r.ok, report, archiveProven, error };
}

function fieldsOf(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}

function reportOf({ sha256, bytes, gzipBytes }: Fields): Receipt['report'] {
  const count = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256) || !count(bytes) || !count(gzipBytes)) return null;
  return { sha256, bytes, gzipBytes };
}

function errorOf({ code, message }: Fields): ScanFailure | null {
  if (typeof code !== 'string' || typeof message !== 'string') return null;
  const known = CODES.find((one) => one === code);
  return known
    ? scanFailure(known, message.slice(0, MAX_MESSAGE))
    : scanFailure('SCANNER_FAILED', `${code}: ${message}`.slice(0, MAX_MESSAGE));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'none').slice(0, 100);
}

import { createHash } from 'node:crypto';
import { scanFailure, type ScanFailure } from '../domain/errors.js';
import { FRAME_MARK, receiptFrame } from '../domain/receipt-frame.js';
import { gunzip } from './gunzip.js';

const MAX_LINES = 100_000;

/** A report as it came out of the log: its bytes, and the gzip'ed form in which it came. */
export interface FramedReport {
  bytes: Buffer;
  gzip: Buffer;
  sha256: string;
}

/** What the frames of a scanner's log hold. `report` is whole and equal to its own sha256, or the failure that says why not. */
export interface Frames {
  report: FramedReport | ScanFailure;
  /** The receipt frame's JSON text, or null if the log has none. */
  receipt: string | null;
}

interface Header {
  bytes: number;
  gzipBytes: number;
  sha256: string;
  lines: number;
}

interface Found {
  headers: string[];
  lines: Map<number, string>;
  damage: string | null;
  ended: boolean;
}

/** True if this is a report rather than the reason why there is none. */
export function isReport(report: FramedReport | ScanFailure): report is FramedReport {
  return 'gzip' in report;
}

/** Reads the frames of a log (docs/scan-pod.md), passing over all other lines, in time linear in its size. */
export async function parseFrames(log: Buffer, maxReportBytes: number): Promise<Frames> {
  const found = find(log);
  return { report: await assemble(found, maxReportBytes), receipt: receiptFrame(log) };
}

function find(log: Buffer): Found {
  const found: Found = { headers: [], lines: new Map(), damage: null, ended: false };
  for (let start = 0; start < log.length;) {
    const newline = log.indexOf(10, start);
    const end = newline < 0 ? log.length : newline;
    if (log.toString('latin1', start, Math.min(start + FRAME_MARK.length, end)) === FRAME_MARK) {
      take(found, log.toString('utf8', start + FRAME_MARK.length, end).trimEnd());
    }
    start = end + 1;
  }
  return found;
}

function take(found: Found, frame: string): void {
  const space = frame.indexOf(' ');
  const word = space < 0 ? frame : frame.slice(0, space);
  const rest = space < 0 ? '' : frame.slice(space + 1);
  if (word === 'report') found.headers.push(rest);
  else if (word === 'end') found.ended = true;
  else if (word === 'receipt') return;
  else if (!/^[1-9]\d{0,5}$/.test(word))
    found.damage ??= `a frame that nobody writes: ${JSON.stringify(word.slice(0, 40))}`;
  else if (found.lines.has(Number(word))) found.damage ??= `line ${word} came twice`;
  else found.lines.set(Number(word), rest);
}

async function assemble(found: Found, maxReportBytes: number): Promise<FramedReport | ScanFailure> {
  const damaged = (what: string) =>
    scanFailure('REPORT_DAMAGED', `The report in the scanner's log is damaged: ${what}`);
  if (found.headers.length === 0) return scanFailure('REPORT_MISSING', "The scanner's log holds no report");
  if (found.headers.length > 1) return damaged(`it begins ${found.headers.length} times`);
  if (found.damage) return damaged(found.damage);
  const header = parseHeader(found.headers[0] ?? '');
  if (typeof header === 'string') return damaged(header);
  if (header.bytes > maxReportBytes) {
    return scanFailure('REPORT_TOO_LARGE', `The report has ${header.bytes} bytes; the limit is ${maxReportBytes}`);
  }
  if (!found.ended) return damaged('its end is missing');
  if (found.lines.size !== header.lines) return damaged(`${found.lines.size} of ${header.lines} lines arrived`);
  const parts: string[] = [];
  for (let n = 1; n <= header.lines; n++) {
    const part = found.lines.get(n);
    if (part === undefined) return damaged(`line ${n} of ${header.lines} is missing`);
    parts.push(part);
  }
  const report = await unpack(parts.join(''), header);
  return typeof report === 'string' ? damaged(report) : report;
}

async function unpack(base64: string, header: Header): Promise<FramedReport | string> {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return 'it is not base64';
  const gzip = Buffer.from(base64, 'base64');
  if (gzip.length !== header.gzipBytes) return `${gzip.length} of ${header.gzipBytes} compressed bytes arrived`;
  let bytes: Buffer;
  try {
    bytes = await gunzip(gzip, header.bytes);
  } catch (error) {
    return `it cannot be unpacked: ${(error as Error).message}`;
  }
  if (bytes.length !== header.bytes) return `it has ${bytes.length} bytes, not ${header.bytes}`;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return sha256 === header.sha256 ? { bytes, gzip, sha256 } : `its sha256 is ${sha256}, not ${header.sha256}`;
}

function parseHeader(text: string): Header | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'its header is not JSON';
  }
  if (typeof value !== 'object' || value === null) return 'its header is not an object';
  const { encoding, bytes, gzipBytes, sha256, lines } = value as Record<string, unknown>;
  const count = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0;
  if (encoding !== 'gzip+base64') return 'its encoding is not gzip+base64';
  if (!count(bytes) || !count(gzipBytes) || !count(lines) || lines > MAX_LINES)
    return 'a count of its header is not a number';
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return 'the sha256 of its header is not one';
  return { bytes, gzipBytes, sha256, lines };
}

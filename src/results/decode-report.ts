import { isAscii, isUtf8 } from 'node:buffer';
import { ReportError } from './report.error.js';

/** The largest report that is read, in bytes: published ones are at most 5 MB. */
export const MAX_REPORT_BYTES = 64 * 1024 * 1024;
/** How deep a report may nest; the auditor's own reports go to 8. */
export const MAX_REPORT_DEPTH = 64;
/**
 * Objects and lists, and all values, of one report. 64 MiB of `[],[],…` would take gigabytes, and a heap that is full ends the whole
 * process, threads or not. A report of the auditor that fills 64 MiB has about a fifth of these.
 */
export const MAX_REPORT_CONTAINERS = 1_500_000;
export const MAX_REPORT_VALUES = 3_000_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The JSON value of a report's bytes or text, and whether a byte order mark stood before it; throws `ReportError`. */
export function decodeReport(input: Uint8Array | string): { value: unknown; byteOrderMark: boolean } {
  const bytes =
    typeof input === 'string'
      ? Buffer.from(input, 'utf8')
      : Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  refuseUnreadable(bytes);
  const byteOrderMark = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const body = byteOrderMark ? bytes.subarray(3) : bytes;
  refuseCostly(body);
  const text = textOf(body, input, byteOrderMark);
  try {
    return { value: JSON.parse(text) as unknown, byteOrderMark };
  } catch (error) {
    // Looked at only now: it is a pass over the whole text.
    if (text.trim() === '') throw new ReportError('$', 'the report is empty');
    throw new ReportError('$', `the report is not JSON, or it is cut off: ${(error as Error).message}`);
  }
}

/** Most reports are ASCII, which needs no decoding: that is half of the time of reading one. */
function textOf(body: Buffer, input: Uint8Array | string, byteOrderMark: boolean): string {
  if (typeof input === 'string') return byteOrderMark ? input.slice(1) : input;
  return isAscii(body) ? body.toString('latin1') : body.toString('utf8');
}

function refuseUnreadable(bytes: Buffer): void {
  if (bytes.length === 0) throw new ReportError('$', 'the report is empty');
  if (bytes.length > MAX_REPORT_BYTES) {
    throw new ReportError('$', `the report has ${bytes.length} bytes; the limit is ${MAX_REPORT_BYTES} (64 MiB)`);
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new ReportError('$', 'the report is UTF-16; it must be UTF-8 (PowerShell writes UTF-16 with ">")');
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) throw new ReportError('$', 'the report is gzip; unpack it first');
  if (!isUtf8(bytes)) throw new ReportError('$', 'the report is not valid UTF-8');
}

/**
 * One pass over the bytes before JSON.parse, which would build any depth and any number; strings are skipped at memchr speed. A report within
 * another document may have `besideBytes` of other things beside it. Throws `ReportError`.
 */
export function refuseCostly(bytes: Buffer, besideBytes = 0): void {
  const maxDepth = MAX_REPORT_DEPTH + (besideBytes > 0 ? 1 : 0);
  let depth = 0;
  let containers = 0;
  let values = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      i = endOfString(bytes, i);
      if (i < 0) return;
    } else if (byte === 0x2c) {
      values++;
    } else if (byte === 0x7b || byte === 0x5b) {
      containers++;
      if (++depth > maxDepth) throw new ReportError('$', `the report nests deeper than ${MAX_REPORT_DEPTH} levels`);
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    }
  }
  if (containers > MAX_REPORT_CONTAINERS + besideBytes)
    throw new ReportError('$', `the report holds more than ${MAX_REPORT_CONTAINERS} objects and lists`);
  if (values > MAX_REPORT_VALUES + besideBytes)
    throw new ReportError('$', `the report holds more than ${MAX_REPORT_VALUES} values`);
}

/**
 * The index of the quote that closes the string opened at `open`, or -1: JSON.parse says so in its own words. A call of indexOf costs as
 * much as looking at some thirty bytes, which is as long as most strings are.
 */
function endOfString(bytes: Buffer, open: number): number {
  let at = open + 1;
  for (const near = Math.min(bytes.length, at + 32); at < near; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  for (at = bytes.indexOf(QUOTE, at); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let slash = at - 1;
    while (bytes[slash] === BACKSLASH) slash--;
    if ((at - 1 - slash) % 2 === 0) return at;
  }
  return -1;
}

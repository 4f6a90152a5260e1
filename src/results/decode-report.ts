import { isUtf8 } from 'node:buffer';
import { ReportError } from './report.error.js';

/** The largest report that is read, in bytes: published ones are at most 5 MB. */
export const MAX_REPORT_BYTES = 64 * 1024 * 1024;
/** How deep a report may nest; the auditor's own reports go to 8. */
export const MAX_REPORT_DEPTH = 64;

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
  if (isDeeperThan(body, MAX_REPORT_DEPTH))
    throw new ReportError('$', `the report nests deeper than ${MAX_REPORT_DEPTH} levels`);
  const text = typeof input === 'string' ? (byteOrderMark ? input.slice(1) : input) : body.toString('utf8');
  if (text.trim() === '') throw new ReportError('$', 'the report is empty');
  try {
    return { value: JSON.parse(text) as unknown, byteOrderMark };
  } catch (error) {
    throw new ReportError('$', `the report is not JSON, or it is cut off: ${(error as Error).message}`);
  }
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

/** One pass over the bytes before JSON.parse, which would build any depth; strings are skipped at memchr speed. */
function isDeeperThan(bytes: Buffer, limit: number): boolean {
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      i = endOfString(bytes, i);
      if (i < 0) return false;
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > limit) return true;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    }
  }
  return false;
}

/** The index of the quote that closes the string opened at `open`, or -1: JSON.parse says so in its own words. */
function endOfString(bytes: Buffer, open: number): number {
  for (let at = bytes.indexOf(QUOTE, open + 1); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let slash = at - 1;
    while (bytes[slash] === BACKSLASH) slash--;
    if ((at - 1 - slash) % 2 === 0) return at;
  }
  return -1;
}

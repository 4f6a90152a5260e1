import { createHash } from 'node:crypto';
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync } from 'node:zlib';
import { applyDelta, makeDelta } from './delta.js';
import { StoredReportError } from './stored-report.error.js';

/** What a report is, whatever way it is stored: length and SHA-256 (hex) of the bytes as the auditor wrote them. */
export interface ReportIdentity {
  bytes: number;
  sha256: string;
}

/**
 * A packed report: this mark, the SHA-256 of its dictionary, then four lengths of 32 bits (little-endian): of the report, and of the steps,
 * the literals and the packed steps of its delta; then steps and literals, brotli each. What does not begin so is a gzip of the report.
 */
const MARK = Buffer.from([0x53, 0x44, 0x52, 0x01]); // "SDR", version 1
const HEADER_BYTES = MARK.length + 32 + 4 * 4;
/** Beyond it brotli takes three times as long for a tenth. */
const QUALITY = 5;

/** The report described by its dictionary; how small that is, is for the caller to judge. */
export function packReport(report: Buffer, dictionary: Buffer): Buffer {
  const { steps, literals } = makeDelta(dictionary, report);
  const packedSteps = brotli(steps);
  const header = Buffer.alloc(HEADER_BYTES);
  MARK.copy(header);
  Buffer.from(sha256(dictionary), 'hex').copy(header, MARK.length);
  [report.length, steps.length, literals.length, packedSteps.length].forEach((length, i) =>
    header.writeUInt32LE(length, MARK.length + 32 + 4 * i),
  );
  return Buffer.concat([header, packedSteps, brotli(literals)]);
}

/** The SHA-256 (hex) of the dictionary without which these bytes cannot be read; null if they need none. */
export function dictionaryOf(stored: Uint8Array): string | null {
  const bytes = asBuffer(stored);
  if (!bytes.subarray(0, MARK.length).equals(MARK)) return null;
  return bytes.toString('hex', MARK.length, MARK.length + 32);
}

/** A dictionary out of its gzip, checked; throws StoredReportError if it is not the one with that SHA-256. */
export function readDictionary(gzip: Uint8Array, expected: string, maxBytes: number): Buffer {
  const bytes = unpacked('its dictionary', () => gunzipSync(gzip, { maxOutputLength: Math.max(1, maxBytes) }));
  if (sha256(bytes) !== expected) throw new StoredReportError(`its dictionary ${expected} is damaged`);
  return bytes;
}

/** The report as the auditor wrote it; throws StoredReportError if the stored bytes give any other, or are too costly to read. */
export function unpackReport(stored: Uint8Array, dictionary: Buffer | null, expected: ReportIdentity): Buffer {
  const report = dictionary === null ? gunzipped(stored, expected) : fromDelta(asBuffer(stored), dictionary, expected);
  if (report.length !== expected.bytes || sha256(report) !== expected.sha256)
    throw new StoredReportError('it is not the one that was recorded');
  return report;
}

function gunzipped(stored: Uint8Array, { bytes }: ReportIdentity): Buffer {
  return unpacked('it', () => gunzipSync(stored, { maxOutputLength: bytes + 1 }));
}

function fromDelta(stored: Buffer, dictionary: Buffer, { bytes }: ReportIdentity): Buffer {
  if (stored.length < HEADER_BYTES) throw new StoredReportError('it is cut off');
  const [size = 0, steps = 0, literals = 0, packedSteps = 0] = [0, 1, 2, 3].map((i) =>
    stored.readUInt32LE(MARK.length + 32 + 4 * i),
  );
  // Before anything of these lengths is made: a step is of at most 18 bytes and gives at least one byte.
  if (size !== bytes || literals > size || steps > 18 * (size + 1)) throw new StoredReportError('it is damaged');
  const body = stored.subarray(HEADER_BYTES);
  const delta = {
    steps: unbrotli(body.subarray(0, packedSteps), steps),
    literals: unbrotli(body.subarray(packedSteps), literals),
  };
  return applyDelta(dictionary, delta, size);
}

function brotli(bytes: Buffer): Buffer {
  return brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
}

function unbrotli(packed: Buffer, length: number): Buffer {
  const bytes = unpacked('it', () => brotliDecompressSync(packed, { maxOutputLength: Math.max(1, length) }));
  if (bytes.length !== length) throw new StoredReportError('it is damaged');
  return bytes;
}

function unpacked(what: string, unpack: () => Buffer): Buffer {
  try {
    return unpack();
  } catch (error) {
    throw new StoredReportError(`${what} cannot be unpacked: ${(error as Error).message}`);
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

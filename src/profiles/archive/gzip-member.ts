import { crc32, createInflateRaw } from 'node:zlib';
import { ArchiveRefused, refuse } from './archive-refused.error.js';

const FLAG = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const;
const TRAILER_BYTES = 8;

/**
 * Unpacks a gzip of exactly one member, piece by piece (RFC 1952). Throws ArchiveRefused for one that is cut off, damaged, or has more behind
 * its end: the auditor reads the first member only, so anything after it would be there for others and not for it.
 */
export async function* gunzipOne(gzip: Buffer): AsyncGenerator<Buffer, void, void> {
  const start = bodyStart(gzip);
  const inflate = createInflateRaw();
  let sum = 0;
  let length = 0;
  inflate.end(gzip.subarray(start));
  try {
    for await (const chunk of inflate as AsyncIterable<Buffer>) {
      sum = crc32(chunk, sum);
      length += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw damaged(error);
  } finally {
    inflate.destroy();
  }
  const end = start + inflate.bytesWritten;
  const trailer = gzip.subarray(end, end + TRAILER_BYTES);
  if (trailer.length < TRAILER_BYTES) throw refuse('is cut off: the gzip ends early');
  if (trailer.readUInt32LE(0) !== sum) throw refuse('is damaged: the checksum of the gzip is another one');
  if (trailer.readUInt32LE(4) !== length >>> 0) throw refuse('is damaged: the length in the gzip is another one');
  const after = gzip.length - end - TRAILER_BYTES;
  if (after > 0) throw refuse(`has ${after} bytes after the end of its gzip`);
}

function bodyStart(gzip: Buffer): number {
  if (gzip.length < 10) throw refuse('is cut off: the gzip ends early');
  const flags = gzip.readUInt8(3);
  if (gzip.readUInt8(2) !== 8 || flags & FLAG.reserved) throw refuse('is a gzip of an unknown kind');
  let at = 10;
  if (flags & FLAG.extra) at += 2 + (gzip.length >= at + 2 ? gzip.readUInt16LE(at) : 0);
  for (const flag of [FLAG.name, FLAG.comment]) {
    if (!(flags & flag)) continue;
    const end = gzip.indexOf(0, at);
    at = end === -1 ? gzip.length + 1 : end + 1;
  }
  if (flags & FLAG.headerCrc) at += 2;
  if (at > gzip.length) throw refuse('is cut off: the gzip ends early');
  return at;
}

function damaged(error: unknown): ArchiveRefused {
  if (error instanceof ArchiveRefused) return error;
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'Z_BUF_ERROR') return refuse('is cut off: the gzip ends early');
  return refuse(`is damaged: ${error instanceof Error ? error.message : String(error)}`);
}

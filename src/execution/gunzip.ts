import { promisify } from 'node:util';
import { gunzip as gunzipWithCallback } from 'node:zlib';

/** Output arrives in pieces of this size; with zlib's own 16 KiB a large report takes three times as long. */
const CHUNK_BYTES = 256 * 1024;

const unpack = promisify<Uint8Array, { maxOutputLength: number; chunkSize: number }, Buffer>(gunzipWithCallback);

/** The unpacked bytes, of which there may be `maxBytes` (at least 1) at most; the event loop goes on meanwhile. Rejects with zlib's error. */
export function gunzip(gzip: Uint8Array, maxBytes: number): Promise<Buffer> {
  return unpack(gzip, { maxOutputLength: Math.max(1, maxBytes), chunkSize: CHUNK_BYTES });
}

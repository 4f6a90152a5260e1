import { gzip } from 'fflate';
import { tarOf } from '../profile-archive.js';

/**
 * The files as a tar.gz whose bytes follow from names and contents alone. Not with Node's zlib: what that makes differs between processors
 * and versions, and the same zip would be another profile tomorrow. fflate is JavaScript; it works in a thread of its own.
 */
export async function repack(files: ReadonlyMap<string, Uint8Array>): Promise<Buffer> {
  const tar = await tarOf(files);
  return new Promise((resolve, reject) => {
    gzip(tar, { level: 6, mtime: 0, consume: true }, (error, packed) => {
      if (error === null) resolve(Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength));
      else reject(error);
    });
  });
}

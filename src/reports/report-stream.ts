import { createHash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { StoredReport } from '../scans/scan.js';

/**
 * The report as the auditor wrote it, out of the gzip that is stored. It breaks off with an error if it is not the report that was recorded: the last
 * chunk is held back until size and SHA-256 are checked, so a reader that gets all the bytes that Content-Length promises has the true ones.
 */
export function reportStream(gzip: Uint8Array, report: StoredReport): Readable {
  const gunzip = createGunzip();
  const checked = gunzip.pipe(verified(report));
  gunzip.on('error', (error) => checked.destroy(error));
  checked.on('close', () => gunzip.destroy());
  gunzip.end(gzip);
  return checked;
}

function verified(report: StoredReport): Transform {
  const hash = createHash('sha256');
  let bytes = 0;
  let held: Buffer | null = null;
  return new Transform({
    transform(chunk: Buffer, _encoding, done): void {
      hash.update(chunk);
      bytes += chunk.length;
      const before = held;
      held = chunk;
      if (bytes > report.bytes)
        done(new Error(`the stored report ${report.key} is longer than the ${report.bytes} bytes recorded`));
      else done(null, before ?? undefined);
    },
    flush(done): void {
      if (bytes === report.bytes && hash.digest('hex') === report.sha256) done(null, held ?? undefined);
      else done(new Error(`the stored report ${report.key} is not the one that was recorded`));
    },
  });
}

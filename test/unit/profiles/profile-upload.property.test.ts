import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readUpload } from '../../../src/profiles/profile-upload.js';
import { AUDITOR, checked, CONTROL, files, INSPEC_YML, LIMITS, tarGzOf, zipOf } from '../../support/archives.factory.js';

const SMALL = { ...LIMITS, unpackedBytes: 100_000, fileBytes: 20_000, entries: 50 };
const [TAR_GZ, ZIP] = [tarGzOf(files({ 'libraries/b.rb': 'x'.repeat(700) })), zipOf(files({ 'libraries/b.rb': 'x'.repeat(700) }))];

/** Some bytes of it are others. */
const damagedOf = (whole: Buffer): fc.Arbitrary<Buffer> =>
  fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }).map((changes) => {
    const copy = Buffer.from(whole);
    for (const [at, byte] of changes) copy.writeUInt8(byte, at);
    return copy;
  });

const part = fc.stringMatching(/^[a-z0-9_]{1,12}$/);
const names = fc.uniqueArray(fc.tuple(part, part).map(([a, b]) => `files/${a}_/${b}`), { maxLength: 12 });
const someFiles = names.chain((all) =>
  fc.tuple(...all.map(() => fc.uint8Array({ maxLength: 900 }))).map((contents) => {
    const entries = all.map((name, at): [string, Buffer] => [name, Buffer.from(contents[at] ?? [])]);
    return files(Object.fromEntries(entries));
  }),
);

describe('an upload, whatever it is', () => {
  it('is taken or refused with reasons: bytes of any kind', async () => {
    const magic = fc.constantFrom(Buffer.alloc(0), Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]), Buffer.from('PK\x03\x04'));
    const anything = fc.tuple(magic, fc.uint8Array({ maxLength: 2_000 })).map((both) => Buffer.concat(both));
    await fc.assert(fc.asyncProperty(anything, expectAnswer), { numRuns: 150 });
  });

  it('is taken or refused with reasons: an archive with some bytes changed', async () => {
    await fc.assert(fc.asyncProperty(fc.oneof(damagedOf(TAR_GZ), damagedOf(ZIP)), expectAnswer), { numRuns: 200 });
  });

  it('is taken or refused with reasons: a tar with some bytes changed and its checksums right', async () => {
    const tar = gunzipSync(TAR_GZ);
    const inside = damagedOf(tar).map((damaged) => {
      for (let at = 0; at + 512 <= damaged.length; at += 512) {
        const isHeader = damaged.toString('latin1', at + 257, at + 262) === 'ustar';
        if (isHeader) checked(damaged.subarray(at, at + 512));
      }
      return gzipSync(damaged, { level: 1 });
    });
    await fc.assert(fc.asyncProperty(inside, expectAnswer), { numRuns: 200 });
  });

  it('that is cut off is never taken', async () => {
    const cut = fc.constantFrom(TAR_GZ, ZIP).chain((whole) => fc.nat(whole.length - 1).map((end) => whole.subarray(0, end)));
    const isRefused = async (archive: Buffer): Promise<void> => {
      expect(Array.isArray(await readUpload(archive, SMALL, AUDITOR))).toBe(true);
    };
    await fc.assert(fc.asyncProperty(cut, isRefused), { numRuns: 150 });
  });

  it('of good files is taken, and as a zip it is the same whatever their order', async () => {
    const isSame = async (given: Record<string, string | Buffer>): Promise<void> => {
      const reversed = Object.fromEntries(Object.entries(given).reverse());
      const [tar, zip, other] = await Promise.all([tarGzOf(given), zipOf(given), zipOf(reversed)].map((a) => readUpload(a, SMALL, AUDITOR)));
      expect(tar).toMatchObject({ name: 'mine' });
      expect(zip).toMatchObject({ name: 'mine' });
      expect(other).toEqual(zip);
    };
    await fc.assert(fc.asyncProperty(someFiles, isSame), { numRuns: 20 });
  });

  it('with a path that climbs is refused wherever that path is', async () => {
    const climbing = fc.tuple(fc.array(part, { maxLength: 3 }), fc.array(part, { maxLength: 3 }));
    const isRefused = async ([before, after]: [string[], string[]]): Promise<void> => {
      const name = [...before, '..', ...after].join('/');
      const given = { 'inspec.yml': INSPEC_YML, 'controls/a.rb': CONTROL, [name]: 'x' };
      for (const archive of [tarGzOf(given), zipOf(given)]) {
        expect(await readUpload(archive, SMALL, AUDITOR)).toContainEqual({ entry: name, detail: 'has ".." in its path' });
      }
    };
    await fc.assert(fc.asyncProperty(climbing, isRefused), { numRuns: 50 });
  });
});

/** It never throws, and what is taken is within the limits and a profile. */
async function expectAnswer(archive: Buffer): Promise<void> {
  const read = await readUpload(archive, SMALL, AUDITOR);
  if (Array.isArray(read)) {
    expect(read.length).toBeGreaterThan(0);
    for (const { detail } of read) expect(detail).not.toBe('');
  } else {
    expect(read.name).toMatch(/^[A-Za-z0-9]/);
    expect(gunzipSync(read.bytes).length).toBeLessThanOrEqual(SMALL.unpackedBytes + SMALL.entries * 1024 + 1024 * 1024);
  }
}

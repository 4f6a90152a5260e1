import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyDelta, makeDelta } from '../../../src/reports/storage/delta.js';
import { dictionaryOf, packReport, readDictionary, unpackReport } from '../../../src/reports/storage/packed-report.js';
import { StoredReportError } from '../../../src/reports/storage/stored-report.error.js';
import { sampleReport } from '../results/samples.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const identity = (bytes: Buffer) => ({ bytes: bytes.length, sha256: sha256(bytes) });
const BASE = sampleReport('real-rhel-7-output');
const OTHER = sampleReport('real-ubuntu-16.04-baseline-results');

/** The report of a second run: other times, other results. */
function secondRun(report: Buffer): Buffer {
  let n = 0;
  const text = report.toString().replaceAll(/"run_time":\s*[\d.e-]+/g, () => `"run_time":0.0${n++}`);
  return Buffer.from(
    text.replaceAll('"status":"passed"', () => (n++ % 7 === 0 ? '"status":"failed"' : '"status":"passed"')),
  );
}

describe('a delta', () => {
  const cases: [string, Buffer, Buffer][] = [
    ['of the same', BASE, BASE],
    ['of a second run', BASE, secondRun(BASE)],
    ['of another report', BASE, OTHER],
    ['of nothing', BASE, Buffer.alloc(0)],
    ['by nothing', Buffer.alloc(0), BASE],
    ['of nothing by nothing', Buffer.alloc(0), Buffer.alloc(0)],
    ['of random bytes', BASE, randomBytes(100_000)],
    ['of one byte over and over', Buffer.alloc(100_000, 'a'), Buffer.alloc(150_001, 'a')],
    ['of pieces in another order', BASE, Buffer.concat([BASE.subarray(600_000), BASE.subarray(0, 600_000)])],
  ];
  it.each(cases)('%s gives the same bytes again', (_, dictionary, bytes) => {
    const delta = makeDelta(dictionary, bytes);
    expect(applyDelta(dictionary, delta, bytes.length).equals(bytes)).toBe(true);
  });

  it('gives the same bytes again, whatever they are', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(BASE.subarray(0, 50), BASE.subarray(7, 99)),
    );
    const bytes = fc.array(piece, { maxLength: 30 }).map((pieces) => Buffer.concat(pieces));
    fc.assert(
      fc.property(bytes, bytes, (dictionary, report) => {
        const delta = makeDelta(dictionary, report);
        expect(applyDelta(dictionary, delta, report.length).equals(report)).toBe(true);
      }),
    );
  });

  it('that says anything else is refused, and reads nothing beside its parts', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.uint8Array({ maxLength: 60 }),
        fc.nat(200),
        (steps, literals, size) => {
          try {
            const made = applyDelta(BASE, { steps: Buffer.from(steps), literals: Buffer.from(literals) }, size);
            expect(made).toHaveLength(size);
          } catch (error) {
            expect(error).toBeInstanceOf(StoredReportError);
          }
        },
      ),
    );
  });
});

describe('a packed report', () => {
  const second = secondRun(BASE);
  const packed = packReport(second, BASE);

  it('is the report again, and names its dictionary', () => {
    expect(unpackReport(packed, BASE, identity(second)).equals(second)).toBe(true);
    expect(dictionaryOf(packed)).toBe(sha256(BASE));
    expect(dictionaryOf(gzipSync(second))).toBeNull();
    expect(dictionaryOf(Buffer.alloc(0))).toBeNull();
  });

  it('costs at most a fifteenth of a second report of the same profile', () => {
    expect(packed.length * 15).toBeLessThan(second.length);
  });

  it('a gzip is read as it always was', () => {
    expect(unpackReport(gzipSync(second), null, identity(second)).equals(second)).toBe(true);
    for (const wrong of [gzipSync(BASE), gzipSync(second).subarray(0, 1000), Buffer.from('x'), Buffer.alloc(0)])
      expect(() => unpackReport(wrong, null, identity(second))).toThrow(StoredReportError);
  });

  it('another dictionary is refused', () => {
    expect(() => unpackReport(packed, OTHER, identity(second))).toThrow(StoredReportError);
    expect(() => readDictionary(gzipSync(OTHER), sha256(BASE), 1e8)).toThrow(/is damaged/);
    expect(() => readDictionary(Buffer.from('no gzip'), sha256(BASE), 1e8)).toThrow(/cannot be unpacked/);
    expect(() => readDictionary(gzipSync(BASE), sha256(BASE), BASE.length - 1)).toThrow(/cannot be unpacked/);
    expect(readDictionary(gzipSync(BASE), sha256(BASE), BASE.length).equals(BASE)).toBe(true);
  });

  it('is never another report, whatever byte of it is changed or missing', () => {
    for (let at = 0; at < packed.length; at += at < 64 ? 1 : 97) {
      const changed = Buffer.from(packed);
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      for (const bad of [changed, packed.subarray(0, at)]) {
        const read = (): Buffer => unpackReport(bad, dictionaryOf(bad) === null ? null : BASE, identity(second));
        // The name of the dictionary is not part of what is checked here: whoever reads fetches another one by it.
        if (bad === changed && at >= 4 && at < 36) expect(read().equals(second)).toBe(true);
        else expect(read).toThrow(StoredReportError);
      }
    }
  });

  it('no length in it makes room before it is believed', () => {
    for (let field = 0; field < 4; field++) {
      const greedy = Buffer.from(packed);
      greedy.writeUInt32LE(0xffffffff, 36 + 4 * field);
      expect(() => unpackReport(greedy, BASE, identity(second))).toThrow(StoredReportError);
    }
  });
});

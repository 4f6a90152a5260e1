import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../../src/ports/object-store.js';
import { dictionaryKey } from '../../../src/reports/object-key.js';
import { ReportArchive, type ReportOwner, type ReportToKeep } from '../../../src/reports/report-archive.js';
import { ReportDictionariesRepository } from '../../../src/reports/report-dictionaries.repository.js';
import { dictionaryOf } from '../../../src/reports/storage/packed-report.js';
import { StoredReportError } from '../../../src/reports/storage/stored-report.error.js';
import { ReportThreads } from '../../../src/reports/threads/report-threads.js';
import type { StoredReport } from '../../../src/scans/scan.js';
import { sampleReport } from '../../unit/results/samples.js';
import { Scene } from './scene.js';

const SAMPLE = sampleReport('real-nginx-baseline').toString();
const DIGEST = `sha256:${'d'.repeat(64)}`;
const LIMIT = 400_000;

/** A report of the sample's profile, of a run of its own; with as many bytes if told. */
function aReport(bytes?: number): ReportToKeep {
  const text = Buffer.from(`${SAMPLE.trimEnd().slice(0, -1)},"run":"${randomBytes(8).toString('hex')}"}`);
  const report = bytes === undefined ? text : Buffer.concat([text, Buffer.alloc(bytes - text.length, ' ')]);
  return { bytes: report, gzip: gzipSync(report), sha256: createHash('sha256').update(report).digest('hex') };
}

describe('the archive of reports', () => {
  let scene: Scene;
  let store: ObjectStore;
  let archive: ReportArchive;
  const threads = new ReportThreads();
  beforeAll(async () => {
    scene = await Scene.open({ SIDESCAN_DICTIONARY_LIMIT_BYTES: String(LIMIT) });
    store = scene.store;
    archive = archiveOn(store);
  });
  afterAll(async () => {
    await threads.close();
    await scene.close();
  });

  const archiveOn = (on: ObjectStore): ReportArchive =>
    new ReportArchive(scene.config, on, new ReportDictionariesRepository(scene.prisma), threads);
  const owner = async (): Promise<ReportOwner> => ({ projectId: await scene.project(), profileDigest: DIGEST });
  const stored = async (key: string): Promise<Uint8Array> => {
    const bytes = await store.get(key, 1e9);
    if (bytes === null) throw new Error(`there is no ${key}`);
    return bytes;
  };
  async function read(report: StoredReport): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await archive.read(report)) chunks.push(chunk as Uint8Array);
    return Buffer.concat(chunks);
  }

  it('the second report of a profile costs a fifteenth at most, and every one is read as it was written', async () => {
    const shared = await owner();
    const first = aReport();
    const second = aReport();
    const kept = [await archive.keep(first, shared), await archive.keep(second, shared)];
    expect((await stored(kept[1]?.key ?? '')).length * 15).toBeLessThan(second.bytes.length);
    for (const [i, report] of [first, second].entries())
      expect((await read(kept[i] as StoredReport)).equals(report.bytes)).toBe(true);
    expect(dictionaryOf(await stored(kept[1]?.key ?? ''))).toBe(first.sha256);
  });

  it('of many first ones at once, all get the same dictionary', async () => {
    const shared = await owner();
    const reports = Array.from({ length: 8 }, () => aReport());
    const kept = await Promise.all(reports.map((report) => archive.keep(report, shared)));
    const dictionaries = await Promise.all(kept.map(async ({ key }) => dictionaryOf(await stored(key))));
    expect(new Set(dictionaries).size).toBe(1);
    expect(reports.map(({ sha256 }) => sha256)).toContain(dictionaries[0]);
    for (const [i, report] of reports.entries())
      expect((await read(kept[i] as StoredReport)).equals(report.bytes)).toBe(true);
  });

  it('projects and profiles share no dictionary, but the same report is stored once', async () => {
    const one = await owner();
    const other = await owner();
    const report = aReport();
    const kept = await archive.keep(report, one);
    const bytes = await stored(kept.key);
    const puts: string[] = [];
    const watching = Object.create(store) as ObjectStore;
    watching.put = async (key, ...rest) => {
      puts.push(key);
      await store.put(key, ...rest);
    };
    expect(await archiveOn(watching).keep(report, other)).toEqual(kept);
    expect(puts).toEqual([]);
    expect(await stored(kept.key)).toEqual(bytes);
    const theirs = aReport();
    expect(dictionaryOf(await stored((await archive.keep(theirs, other)).key))).toBe(theirs.sha256);
  });

  it('a report at the limit is described by a dictionary, one with a byte more is a gzip', async () => {
    const shared = await owner();
    await archive.keep(aReport(), shared);
    const edge = await archive.keep(aReport(LIMIT), shared);
    const beyond = await archive.keep(aReport(LIMIT + 1), shared);
    expect(dictionaryOf(await stored(edge.key))).not.toBeNull();
    expect(dictionaryOf(await stored(beyond.key))).toBeNull();
    expect([(await read(edge)).length, (await read(beyond)).length]).toEqual([LIMIT, LIMIT + 1]);
  });

  it('bytes that no dictionary helps, and none at all, are a gzip', async () => {
    const shared = await owner();
    await archive.keep(aReport(), shared);
    for (const bytes of [randomBytes(100_000), Buffer.alloc(0)]) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const kept = await archive.keep({ bytes, gzip: gzipSync(bytes), sha256 }, shared);
      expect((await read(kept)).equals(bytes)).toBe(true);
    }
  });

  it.each([
    ['missing', (key: string) => store.remove(key), /its dictionary is missing/],
    [
      'damaged',
      (key: string) => store.put(key, gzipSync('other'), 'application/gzip'),
      /its dictionary \w+ is damaged/,
    ],
    [
      'no gzip',
      (key: string) => store.put(key, Buffer.from('x'), 'application/gzip'),
      /its dictionary cannot be unpacked/,
    ],
  ])('with a dictionary that is %s reading fails and says so, and writing does without', async (_, spoil, message) => {
    const shared = await owner();
    const first = aReport();
    const kept = await archive.keep(first, shared);
    await spoil(dictionaryKey(first.sha256));
    await expect(read(kept)).rejects.toThrow(StoredReportError);
    await expect(read(kept)).rejects.toThrow(message);
    const next = aReport();
    const alone = await archive.keep(next, shared);
    expect(dictionaryOf(await stored(alone.key))).toBeNull();
    expect((await read(alone)).equals(next.bytes)).toBe(true);
    // The report that cannot be read any more is stored again when it comes again.
    expect((await read(await archive.keep(first, shared))).equals(first.bytes)).toBe(true);
  });

  it('a stored report that is damaged is never given out, and is stored again when it comes again', async () => {
    const shared = await owner();
    await archive.keep(aReport(), shared);
    const report = aReport();
    const kept = await archive.keep(report, shared);
    const good = await stored(kept.key);
    for (const at of [0, 40, good.length - 5]) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 1;
      await store.put(kept.key, bad, '');
      await expect(read(kept)).rejects.toThrow();
    }
    await archive.keep(report, shared);
    expect((await read(kept)).equals(report.bytes)).toBe(true);
  });

  it('what is not there after it was written is an error', async () => {
    const losing = Object.create(store) as ObjectStore;
    losing.put = (key, ...rest) => (key.startsWith('reports/') ? Promise.resolve() : store.put(key, ...rest));
    await expect(archiveOn(losing).keep(aReport(), await owner())).rejects.toThrow(/the object store has no reports\//);
  });

  it('a gzip of earlier versions is read as before', async () => {
    const { bytes, gzip, sha256 } = aReport();
    const key = `reports/sha256/${sha256.slice(0, 2)}/${sha256}.json.gz`;
    await store.put(key, gzip, 'application/gzip');
    expect((await read({ key, sha256, bytes: bytes.length })).equals(Buffer.from(bytes))).toBe(true);
  });
});

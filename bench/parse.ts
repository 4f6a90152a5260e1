// What reading a report costs, and whom it keeps waiting: `npm run bench -- parse`.
// Bare JSON.parse, then parse + evaluate + judge in the same thread, then in a thread of its own, and what an evaluation's request takes
// before that; of each the time (median of ROUNDS), the
// longest delay of the event loop in milliseconds (`nothing` tells the machine's own), and the peak of the process's memory.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { pathToFileURL } from 'node:url';
import type * as Threads from '../src/reports/threads/report-threads.js';
import type * as Work from '../src/reports/threads/report-work.js';

const ROUNDS = 15;
const RESOLUTION_MS = 1;
const FIXTURES = join(process.cwd(), 'test/fixtures/reports');
const THRESHOLD = 'compliance.min: 80\nfailed.critical.max: 0\n';

interface Way {
  name: string;
  /** What the work is given: where bytes are given away, a copy made beforehand. */
  given: () => Uint8Array;
  work: (given: Uint8Array) => unknown;
  times: number[];
  longestMs: number;
  peak: number;
}

/** A module as it is shipped: what runs a bench rewrites every import, and code that is rewritten is slower. */
async function compiled<T>(file: string): Promise<T> {
  const url = pathToFileURL(join(process.cwd(), 'dist/reports/threads', file)).href;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- an import that nothing rewrites
  const load = new Function('url', 'return import(url)') as (url: string) => Promise<T>;
  return load(url);
}

interface Document {
  profiles: { controls: { id: string }[] }[];
}

/** A report of about `copies` times the controls of the sample, with ids of their own. */
function grown(sample: Document, copies: number): Buffer {
  const profiles = sample.profiles.map((profile) => ({
    ...profile,
    controls: Array.from({ length: copies }, (_, copy) =>
      profile.controls.map((control) => ({ ...control, id: `${control.id}-${copy}` })),
    ).flat(),
  }));
  return Buffer.from(JSON.stringify({ ...sample, profiles }));
}

/** 20,000 controls of two tests each in one profile. */
function wide(): Buffer {
  const result = { status: 'passed', code_desc: 'it is', run_time: 0.01, start_time: '2026-01-01T00:00:00+00:00' };
  const control = {
    title: 'A title',
    desc: 'A text',
    descriptions: [],
    impact: 0.5,
    refs: [],
    tags: {},
    code: '',
    source_location: {},
  };
  const controls = Array.from({ length: 20_000 }, (_, i) => ({
    ...control,
    id: `c-${i}`,
    results: [result, { ...result, status: 'failed' }],
  }));
  const profile = { name: 'wide', sha256: '0', supports: [], attributes: [], groups: [], controls };
  return Buffer.from(
    JSON.stringify({
      platform: { name: 'debian', release: '12' },
      profiles: [profile],
      statistics: {},
      version: '7.1',
    }),
  );
}

function way(name: string, given: () => Uint8Array, work: (given: Uint8Array) => unknown): Way {
  return { name, given, work, times: [], longestMs: 0, peak: 0 };
}

async function once(one: Way): Promise<void> {
  const given = one.given();
  const watch = setInterval(() => (one.peak = Math.max(one.peak, process.memoryUsage().rss)), 2);
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  // A turn of the loop before and after, or a delay would not be seen.
  await pause(10);
  const started = performance.now();
  await one.work(given);
  one.times.push(performance.now() - started);
  one.peak = Math.max(one.peak, process.memoryUsage().rss);
  await pause(10);
  delay.disable();
  one.longestMs = Math.max(one.longestMs, delay.max / 1e6);
  clearInterval(watch);
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

function line({ name, times, longestMs, peak }: Way, bare: Way): string {
  // Round by round, so that a machine that drifts does not matter.
  const ratio = median(times.map((time, round) => time / (bare.times[round] ?? NaN)));
  const cells = [median(times).toFixed(1), ratio.toFixed(2), longestMs.toFixed(1), (peak / 1024 / 1024).toFixed(0)];
  return `  ${name.padEnd(34)}${cells.map((cell) => cell.padStart(14)).join('')}`;
}

async function benchOne(name: string, bytes: Buffer, here: Work.ReportWork, threads: Work.ReportWork): Promise<void> {
  const bare = way(
    'JSON.parse',
    () => bytes,
    () => JSON.parse(bytes.toString('utf8')) as unknown,
  );
  const request = Buffer.from(JSON.stringify({ report: bytes.toString('utf8'), threshold: THRESHOLD }));
  const same = (): Uint8Array => bytes;
  const copy = (): Uint8Array => new Uint8Array(bytes);
  const ways = [
    way('nothing', same, () => undefined),
    bare,
    way('read and judge, same thread', same, (given) => here.judge(given, 'strict', THRESHOLD)),
    way('read and judge, own thread', copy, (given) => threads.judge(given, 'strict', THRESHOLD)),
    way(
      'request taken apart, own thread',
      () => new Uint8Array(request),
      (given) => threads.request(given),
    ),
    way('read and write HTML, own thread', copy, (given) => threads.export(given, 'html', THRESHOLD, null)),
  ];
  for (const { work, given } of ways) for (let warm = 0; warm < 3; warm++) await work(given());
  for (let round = 0; round < ROUNDS; round++) for (const one of ways) await once(one);
  console.log(`\n${name}: ${(bytes.length / 1e6).toFixed(1)} MB`);
  console.log(
    `  ${''.padEnd(34)}${['median ms', 'x JSON.parse', 'longest delay', 'peak MiB'].map((cell) => cell.padStart(14)).join('')}`,
  );
  for (const one of ways) console.log(line(one, bare));
}

const sample = JSON.parse(
  gunzipSync(readFileSync(join(FIXTURES, 'real-ubuntu-16.04-baseline-results.json.gz'))).toString(),
) as Document;
const here = new (await compiled<typeof Work>('report-work.js')).SameThreadReports();
const threads = new (await compiled<typeof Threads>('report-threads.js')).ReportThreads({ threads: 1 });
await benchOne('A usual report', grown(sample, 1), here, threads);
await benchOne('The largest seen', grown(sample, 4), here, threads);
await benchOne('20,000 controls', wide(), here, threads);
await benchOne('Nearly the limit', grown(sample, 43), here, threads);
await threads.close();

// What reading a report costs, and whom it keeps waiting: `npm run bench -- parse`.
// Bare JSON.parse, then parse + evaluate + judge in the same thread, then in a thread of its own; of each the time (median of ROUNDS), the
// longest delay of the event loop, and the peak of the process's memory. It needs no services and no cluster.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { ReportThreads } from '../src/reports/threads/report-threads.js';
import { type ReportWork, SameThreadReports } from '../src/reports/threads/report-work.js';

const ROUNDS = 15;
const RESOLUTION_MS = 1;
const FIXTURES = join(process.cwd(), 'test/fixtures/reports');
const THRESHOLD = 'compliance.min: 80\nfailed.critical.max: 0\n';

interface Measured {
  medianMs: number;
  longestDelayMs: number;
  peakMiB: number;
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

async function measure(work: () => unknown): Promise<Measured> {
  await work();
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let peak = process.memoryUsage().rss;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 2);
  const times: number[] = [];
  delay.enable();
  for (let round = 0; round < ROUNDS; round++) {
    // A turn of the loop before and after, or a delay would not be seen.
    await pause(10);
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  await pause(10);
  delay.disable();
  clearInterval(watch);
  return {
    medianMs: times.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0,
    longestDelayMs: delay.max / 1e6,
    peakMiB: peak / 1024 / 1024,
  };
}

function line(name: string, { medianMs, longestDelayMs, peakMiB }: Measured, bare: number): string {
  const cells = [medianMs.toFixed(1), (medianMs / bare).toFixed(2), longestDelayMs.toFixed(1), peakMiB.toFixed(0)];
  return `  ${name.padEnd(34)}${cells.map((cell) => cell.padStart(14)).join('')}`;
}

async function benchOne(name: string, bytes: Buffer, here: ReportWork, threads: ReportWork): Promise<void> {
  console.log(`\n${name}: ${(bytes.length / 1e6).toFixed(1)} MB`);
  console.log(
    `  ${''.padEnd(34)}${['median ms', 'x JSON.parse', 'longest delay', 'peak MiB'].map((cell) => cell.padStart(14)).join('')}`,
  );
  const bare = await measure(() => JSON.parse(bytes.toString('utf8')) as unknown);
  console.log(line('JSON.parse', bare, bare.medianMs));
  console.log(
    line('read and judge, same thread', await measure(() => here.judge(bytes, 'strict', THRESHOLD)), bare.medianMs),
  );
  console.log(
    line('read and judge, own thread', await measure(() => threads.judge(bytes, 'strict', THRESHOLD)), bare.medianMs),
  );
  console.log(
    line(
      'read and write HTML, own thread',
      await measure(() => threads.export(bytes, 'html', THRESHOLD, null)),
      bare.medianMs,
    ),
  );
}

const sample = JSON.parse(
  gunzipSync(readFileSync(join(FIXTURES, 'real-ubuntu-16.04-baseline-results.json.gz'))).toString(),
) as Document;
const here = new SameThreadReports();
const threads = new ReportThreads({ file: join(process.cwd(), 'dist/reports/threads/report-thread.js'), threads: 1 });
const idle = await measure(() => pause(10));
console.log(
  `Longest delay of the event loop while nothing is done: ${idle.longestDelayMs.toFixed(1)} ms (the timer's own ${RESOLUTION_MS} ms included)`,
);
await benchOne('A usual report', grown(sample, 1), here, threads);
await benchOne('The largest seen', grown(sample, 4), here, threads);
await benchOne('20,000 controls', wide(), here, threads);
await benchOne('Nearly the limit', grown(sample, 43), here, threads);
await threads.close();

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { ReportThreads } from '../../../src/reports/threads/report-threads.js';
import { SameThreadReports } from '../../../src/reports/threads/report-work.js';
import { ReportError } from '../../../src/results/report.error.js';
import { ThresholdError } from '../../../src/thresholds/threshold.error.js';
import { control, profile, report } from '../results/report.factory.js';
import { sampleReport } from '../results/samples.js';

const file = join(import.meta.dirname, '../../../dist/reports/threads/report-thread.js');
const threads = new ReportThreads({ file, threads: 1 });
const here = new SameThreadReports();
afterAll(() => threads.close());

describe('a report in a thread of its own', () => {
  test.each(['live-waived', 'quirk-11_overlay2', 'real-rhel-7-output'])(
    '%s comes to the same as in this thread',
    async (name) => {
      const bytes = sampleReport(name);
      for (const mode of ['strict', 'saf'] as const) {
        const judged = await threads.judge(Buffer.from(bytes), mode, 'failed.total.max: 0');
        expect(judged).toEqual(await here.judge(bytes, mode, 'failed.total.max: 0'));
        expect(judged.judgement?.verdict).toBe('failed');
      }
      const scan = { id: 'scan_1', target: 'web', finishedAt: new Date(0) };
      const exported = await Promise.all(
        [threads, here].map(async (work) =>
          Buffer.concat(await work.export(Buffer.from(bytes), 'html', null, scan)).toString(),
        ),
      );
      expect(exported[0]).toBe(exported[1]);
      expect(exported[0]).toContain('</html>');
    },
  );

  test('the bytes of a report change hands; a part of a larger buffer is copied, and the others stay', async () => {
    const whole = new Uint8Array(sampleReport('live-mixed'));
    const padded = new Uint8Array([...whole, 0x20, 0x20]);
    const judged = await threads.judge(padded.subarray(0, whole.length), 'strict', null);
    expect(padded).toHaveLength(whole.length + 2);
    expect(await threads.judge(whole, 'strict', null)).toEqual(judged);
    expect(whole).toHaveLength(0);
    expect(judged).toEqual(await here.judge(padded, 'strict', null));
    await threads.export(padded, 'csv', null, null);
    expect(padded).toHaveLength(0);
  });

  test('what is wrong comes back as the error that it is', async () => {
    for (const work of [threads, here]) {
      await expect(work.judge('{"profiles":', 'strict', null)).rejects.toThrow(ReportError);
      await expect(work.judge(sampleReport('live-allpass'), 'strict', { faild: 1 })).rejects.toThrow(ThresholdError);
      await expect(work.export('', 'csv', null, null)).rejects.toThrow('the report is empty');
      await expect(work.judge('{"profiles":[{"name":"p","controls":3}]}', 'strict', null)).rejects.toMatchObject({
        path: 'profiles[0].controls',
      });
    }
  });

  test('a report that takes too long is given up', async () => {
    const hasty = new ReportThreads({ file, threads: 1, timeoutMs: 1 });
    try {
      await expect(hasty.judge(sampleReport('real-rhel-7-output'), 'strict', null)).rejects.toThrow(
        'within 0.001 seconds',
      );
    } finally {
      await hasty.close();
    }
  });

  test('the event loop goes on', async () => {
    const controls = Array.from({ length: 20_000 }, (_, i) =>
      control(`c-${i}`, ['passed', 'failed'], { code: 'x'.repeat(1000) }),
    );
    const bytes = Buffer.from(JSON.stringify(report([profile('base', controls)])));
    await threads.judge(sampleReport('live-allpass'), 'strict', null);
    const longestOf = async (work: SameThreadReports | ReportThreads): Promise<number> => {
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      await pause(20);
      await work.export(new Uint8Array(bytes), 'csv', null, null);
      await pause(20);
      delay.disable();
      return delay.max / 1e6;
    };
    expect(await longestOf(threads)).toBeLessThan((await longestOf(here)) / 2);
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, type TestContext } from 'vitest';
import { JOBS } from '../../src/jobs/catalog.js';
import type { JobHandler, JobHandlers, JobQueue } from '../../src/ports/job-queue.js';
import { eventually } from '../support/eventually.js';

export interface OpenedQueue {
  queue: JobQueue;
  /** Another client of the same jobs, as another process has it. */
  connect: () => JobQueue;
  close(): Promise<void>;
}

type Run = JobHandler<'scan.run'>;
const scan = (n: number): { scanId: string; attempt: number } => ({ scanId: `scan_${n}`, attempt: 1 });

/** What every JobQueue keeps to; `open` gives a queue with no jobs. Tests run side by side: they wait more than they work. */
export function jobQueueContract(name: string, open: () => Promise<OpenedQueue>): void {
  describe.concurrent(`JobQueue: ${name}`, () => {
    /** A queue, and a way to work on it that ends with the test. */
    async function setUp({ onTestFinished }: TestContext) {
      const opened = await open();
      const workers: { stop(): Promise<void> }[] = [];
      onTestFinished(async () => {
        await Promise.all(workers.map((worker) => worker.stop()));
        await opened.close();
      });
      const work = (run: Run, concurrency = 5, clean: Run = () => Promise.resolve(), queue = opened.queue) => {
        const controller = new AbortController();
        const read = (): Promise<void> => Promise.resolve();
        const handlers: JobHandlers = { 'scan.run': run, 'scan.clean': clean, 'profile.read': read };
        const ended = queue.work(handlers, concurrency, controller.signal);
        const stop = async (): Promise<void> => {
          controller.abort();
          await ended;
        };
        workers.push({ stop });
        return { stop };
      };
      return { ...opened, work };
    }

    it('hands each job with its payload to the handler of its name', async (context) => {
      const { queue, work } = await setUp(context);
      const seen: unknown[] = [];
      const note =
        (name: string): Run =>
        (payload) => {
          seen.push([name, payload]);
          return Promise.resolve();
        };
      await queue.add('scan.run', { scanId: 'scan_a', attempt: 3 });
      work(note('run'), 1, note('clean'));
      await queue.add('scan.clean', { scanId: 'scan_a', attempt: 2 });
      await eventually('both jobs ran', () => seen.length === 2);
      // In which order is not said: one was added before the worker began, the other, which goes first, at that moment.
      expect(seen).toHaveLength(2);
      expect(seen).toContainEqual(['run', { scanId: 'scan_a', attempt: 3 }]);
      expect(seen).toContainEqual(['clean', { scanId: 'scan_a', attempt: 2 }]);
    });

    it('has one job of an identity while it waits or runs, and takes it again when it has ended', async (context) => {
      const { queue, work } = await setUp(context);
      let runs = 0;
      let release = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      await queue.add('scan.run', scan(1));
      await queue.add('scan.run', scan(1));
      work(async () => {
        runs += 1;
        await gate;
      });
      await eventually('it runs', () => runs === 1);
      await queue.add('scan.run', scan(1));
      await sleep(300);
      expect(runs).toBe(1);
      release();
      await eventually('it has ended', async () => !(await queue.has('scan.run', scan(1))));
      expect(runs).toBe(1);
      await queue.add('scan.run', scan(1));
      await eventually('it runs again', () => runs === 2);
    });

    it('tells attempts and names of one scan apart', async (context) => {
      const { queue } = await setUp(context);
      await queue.add('scan.run', scan(1));
      expect(await queue.has('scan.run', scan(1))).toBe(true);
      expect(await queue.has('scan.run', { ...scan(1), attempt: 2 })).toBe(false);
      expect(await queue.has('scan.clean', scan(1))).toBe(false);
    });

    it('knows a job while it waits, is delayed or runs, and not afterwards', async (context) => {
      const { queue, work } = await setUp(context);
      const known = (): Promise<boolean> => queue.has('scan.run', scan(1));
      expect(await known()).toBe(false);
      await queue.add('scan.run', scan(1));
      expect(await known()).toBe(true);
      const during: boolean[] = [];
      work(async () => {
        during.push(await known());
        return during.length === 1 ? { retryInMs: 600 } : undefined;
      });
      await eventually('its first run', () => during.length === 1);
      await sleep(200);
      expect([during.length, await known()]).toEqual([1, true]);
      await eventually('its second run', () => during.length === 2);
      await eventually('it is gone', async () => !(await known()));
      expect(during).toEqual([true, true]);
    });

    it('takes out a job that waits or is delayed, and no other', async (context) => {
      const { queue, work } = await setUp(context);
      const seen: string[] = [];
      await queue.add('scan.run', scan(1));
      expect(await queue.remove('scan.run', scan(1))).toBe(true);
      expect(await queue.remove('scan.run', scan(1))).toBe(false);
      await queue.add('scan.run', scan(2));
      let removedWhileRunning: boolean | null = null;
      work(async (payload) => {
        seen.push(payload.scanId);
        removedWhileRunning = await queue.remove('scan.run', payload);
        return { retryInMs: 60_000 };
      });
      await eventually('the second ran', () => removedWhileRunning !== null);
      expect([seen, removedWhileRunning]).toEqual([['scan_2'], false]);
      await eventually('the delayed job is taken out', () => queue.remove('scan.run', scan(2)));
      expect(await queue.has('scan.run', scan(2))).toBe(false);
    });

    it('runs as many at a time as it is told, and not more', async (context) => {
      const { queue, work } = await setUp(context);
      let now = 0;
      let most = 0;
      let done = 0;
      for (let n = 0; n < 12; n++) await queue.add('scan.run', scan(n));
      work(async () => {
        most = Math.max(most, ++now);
        await sleep(100);
        now -= 1;
        done += 1;
      }, 3);
      await eventually('all ran', () => done === 12);
      expect(most).toBe(3);
    });

    it('gives each job to one worker', async (context) => {
      const { queue, connect, work } = await setUp(context);
      const seen: string[] = [];
      const run: Run = async (payload) => {
        seen.push(payload.scanId);
        await sleep(20);
      };
      const other = connect();
      work(run, 2);
      work(run, 2, undefined, other);
      for (let n = 0; n < 30; n++) await queue.add('scan.run', scan(n));
      await eventually('all ran', () => seen.length >= 30);
      await sleep(200);
      expect(new Set(seen).size).toBe(30);
      expect(seen).toHaveLength(30);
    });

    it('brings a job back when its handler asks, as often as it asks, and counts no failure', async (context) => {
      const { queue, work } = await setUp(context);
      const at: number[] = [];
      const asks = JOBS['scan.run'].tries + 3;
      await queue.add('scan.run', scan(1));
      work(() => {
        at.push(Date.now());
        return Promise.resolve(at.length <= asks ? { retryInMs: 150 } : undefined);
      });
      await eventually('it was let go', async () => at.length > asks && !(await queue.has('scan.run', scan(1))));
      const pauses = at.slice(1).map((time, i) => time - (at[i] ?? 0));
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(140);
    });

    it('tries a job that fails again after growing pauses, and gives it up in the end', async (context) => {
      const { queue, work } = await setUp(context);
      const at: number[] = [];
      await queue.add('scan.run', scan(1));
      work(() => {
        at.push(Date.now());
        return Promise.reject(new Error('on purpose'));
      });
      await eventually('it was given up', async () => at.length > 1 && !(await queue.has('scan.run', scan(1))), 40);
      expect(at).toHaveLength(JOBS['scan.run'].tries);
      const pauses = at.slice(1).map((time, i) => time - (at[i] ?? 0));
      pauses.forEach((pause, i) => expect(pause).toBeGreaterThan(0.9 * JOBS['scan.run'].backoffMs * 2 ** i));
      await queue.add('scan.run', scan(1));
      await eventually('it can be added again', () => at.length > JOBS['scan.run'].tries);
    });

    it('goes on with other jobs while one fails', async (context) => {
      const { queue, work } = await setUp(context);
      const done: string[] = [];
      await queue.add('scan.run', scan(1));
      await queue.add('scan.run', scan(2));
      work((payload) => {
        if (payload.scanId === 'scan_1') return Promise.reject(new Error('on purpose'));
        done.push(payload.scanId);
        return Promise.resolve();
      }, 1);
      await eventually('the good one ran', () => done.length === 1, 2);
    });

    it('puts a clean-up before the scans that wait', async (context) => {
      const { queue, work } = await setUp(context);
      const order: string[] = [];
      for (let n = 1; n <= 3; n++) await queue.add('scan.run', scan(n));
      await queue.add('scan.clean', scan(9));
      const note: Run = (payload) => {
        order.push(payload.scanId);
        return Promise.resolve();
      };
      work(note, 1, note);
      await eventually('all ran', () => order.length === 4);
      expect(order).toEqual(['scan_9', 'scan_1', 'scan_2', 'scan_3']);
    });

    it('stops: tells the jobs that run, waits for them, starts no other', async (context) => {
      const { queue, work } = await setUp(context);
      const started: string[] = [];
      let told = false;
      let ended = false;
      await queue.add('scan.run', scan(1));
      await queue.add('scan.run', scan(2));
      const worker = work(async (payload, signal) => {
        started.push(payload.scanId);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        told = true;
        await sleep(300);
        ended = true;
        return { retryInMs: 0 };
      }, 1);
      await eventually('it runs', () => started.length === 1);
      await worker.stop();
      expect([told, ended, started]).toEqual([true, true, ['scan_1']]);
      // Both are still there for the next worker.
      const next: string[] = [];
      work((payload) => {
        next.push(payload.scanId);
        return Promise.resolve();
      });
      await eventually('another worker has both', () => next.length === 2);
      expect(next.sort()).toEqual(['scan_1', 'scan_2']);
    });

    it('a worker that is stopped before it began ends at once', async (context) => {
      const { queue } = await setUp(context);
      const idle = (): Promise<void> => Promise.resolve();
      const handlers: JobHandlers = { 'scan.run': idle, 'scan.clean': idle, 'profile.read': idle };
      await queue.work(handlers, 1, AbortSignal.abort());
      await queue.add('scan.run', scan(1));
      expect(await queue.has('scan.run', scan(1))).toBe(true);
    });

    it('says that it answers', async (context) => {
      const { queue } = await setUp(context);
      await expect(queue.check()).resolves.toBeUndefined();
    });
  });
}

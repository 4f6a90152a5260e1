import { Queue } from 'bullmq';
import { spawn, type ChildProcess } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Redis } from 'ioredis';
import { BullmqJobQueue } from '../../src/platform/queue/bullmq-job-queue.js';
import { MemoryJobQueue } from '../../src/platform/queue/memory-job-queue.js';
import type { JobHandlers } from '../../src/ports/job-queue.js';
import { eventually } from '../support/eventually.js';
import { OwnRedis } from '../support/redis.js';
import { serviceAt, uniqueName } from '../support/services.js';
import { jobQueueContract } from './job-queue.contract.js';

jobQueueContract('memory', () => {
  const queue = new MemoryJobQueue();
  return Promise.resolve({ queue, connect: () => queue, close: () => queue.close() });
});

jobQueueContract('BullMQ', () => {
  const options = { redisUrl: serviceAt('redis'), prefix: uniqueName(), onError: () => undefined };
  const opened: BullmqJobQueue[] = [];
  const connect = (): BullmqJobQueue => {
    const queue = new BullmqJobQueue(options);
    opened.push(queue);
    return queue;
  };
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((queue) => queue.close()));
  };
  return Promise.resolve({ queue: connect(), connect, close });
});

describe('BullMQ, when something breaks', () => {
  const PAYLOAD = { scanId: 'scan_1', attempt: 1 };
  let redis: OwnRedis;
  let queue: BullmqJobQueue;
  let errors: string[];
  const stopping = new AbortController();

  beforeEach(async () => {
    redis = await OwnRedis.start();
    errors = [];
    queue = open(redis);
  });
  afterEach(async () => {
    await queue.close();
    await redis.remove();
  });

  function open(server: OwnRedis): BullmqJobQueue {
    const onError = (error: Error): void => void errors.push(error.message);
    return new BullmqJobQueue({ redisUrl: server.url, prefix: 'test', onError });
  }

  function work(run: JobHandlers['scan.run']): { stop(): Promise<void> } {
    const controller = new AbortController();
    const idle = (): Promise<void> => Promise.resolve();
    const handlers = { 'scan.run': run, 'scan.clean': idle, 'profile.read': idle };
    const ended = queue.work(handlers, 2, AbortSignal.any([controller.signal, stopping.signal]));
    return { stop: () => (controller.abort(), ended) };
  }

  async function seconds(action: () => Promise<unknown>): Promise<number> {
    const start = Date.now();
    await expect(action()).rejects.toThrow(/Redis|Connection|connection/);
    return (Date.now() - start) / 1000;
  }

  it('fails within seconds while Redis is away, and works again when it is back', async () => {
    await queue.add('scan.run', PAYLOAD);
    await redis.kill();
    expect(await seconds(() => queue.add('scan.run', { scanId: 'scan_2', attempt: 1 }))).toBeLessThan(5);
    expect(await seconds(() => queue.has('scan.run', PAYLOAD))).toBeLessThan(5);
    expect(await seconds(() => queue.check())).toBeLessThan(5);
    await redis.start();
    await eventually('it answers again', () =>
      queue.check().then(
        () => true,
        () => false,
      ),
    );
    expect(await queue.has('scan.run', PAYLOAD)).toBe(true);
    await queue.add('scan.run', { scanId: 'scan_2', attempt: 1 });
    expect(await queue.has('scan.run', { scanId: 'scan_2', attempt: 1 })).toBe(true);
  });

  it('may be opened before Redis is there', async () => {
    await redis.kill();
    const early = open(redis);
    const seen: string[] = [];
    const controller = new AbortController();
    const run = (payload: { scanId: string }): Promise<void> => Promise.resolve(void seen.push(payload.scanId));
    const ended = early.work(
      { 'scan.run': run, 'scan.clean': run, 'profile.read': () => Promise.resolve() },
      1,
      controller.signal,
    );
    expect(await seconds(() => early.add('scan.run', PAYLOAD))).toBeLessThan(5);
    await redis.start();
    await eventually('it takes the job', () =>
      early.add('scan.run', PAYLOAD).then(
        () => true,
        () => false,
      ),
    );
    await eventually('it runs the job', () => seen.length === 1);
    controller.abort();
    await ended;
    await early.close();
  });

  it('works on after Redis was away', async () => {
    const seen: string[] = [];
    const worker = work((payload) => Promise.resolve(void seen.push(payload.scanId)));
    await queue.add('scan.run', PAYLOAD);
    await eventually('the first job ran', () => seen.length === 1);
    await redis.kill();
    await redis.start();
    await eventually('the second is taken', () => {
      return queue.add('scan.run', { scanId: 'scan_2', attempt: 1 }).then(
        () => true,
        () => false,
      );
    });
    await eventually('the second job ran', () => seen.includes('scan_2'));
    await worker.stop();
  });

  it('can be stopped while Redis is away', async () => {
    const worker = work(() => Promise.resolve());
    await queue.add('scan.run', PAYLOAD);
    await eventually('the job ran', async () => !(await queue.has('scan.run', PAYLOAD)));
    await redis.kill();
    const start = Date.now();
    await worker.stop();
    expect(Date.now() - start).toBeLessThan(10_000);
  });

  it('lets go of a job whose lock is lost, because another worker may have it', async () => {
    let told = false;
    const worker = work(async (_, signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      told = true;
    });
    await queue.add('scan.run', PAYLOAD);
    const admin = new Redis(redis.url);
    await eventually('it runs', async () => (await admin.keys('test:jobs:*:lock')).length === 1);
    await admin.flushall();
    await eventually('the handler is told', () => told, 20);
    expect(errors.join()).toContain('could not renew lock');
    admin.disconnect();
    await worker.stop();
  });

  it('gives the job of a killed worker to another one', async () => {
    const victim = startWorkerProcess(redis.url);
    await queue.add('scan.run', PAYLOAD);
    await eventually('the other process has the job', () => victim.output().includes('running scan_1'));
    victim.child.kill('SIGKILL');
    const seen: unknown[] = [];
    const start = Date.now();
    const worker = work((payload) => Promise.resolve(void seen.push(payload)));
    await eventually('this one gets it', () => seen.length > 0, 30);
    expect(seen).toEqual([PAYLOAD]);
    expect(Date.now() - start).toBeLessThan(20_000);
    await worker.stop();
  });

  it('is not ready on a Redis that may throw jobs away', async () => {
    const evicting = await OwnRedis.start('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru');
    const other = open(evicting);
    await expect(other.check()).rejects.toThrow(/allkeys-lru.*noeviction/);
    await other.close();
    await evicting.remove();
  });

  it('survives a job of another version', async () => {
    const foreign = new Queue('jobs', { connection: { url: redis.url }, prefix: 'test' });
    await foreign.add('scan.future', { id: 1 });
    await foreign.close();
    const seen: string[] = [];
    const worker = work((payload) => Promise.resolve(void seen.push(payload.scanId)));
    await queue.add('scan.run', PAYLOAD);
    await eventually('the known job ran', () => seen.length === 1);
    await eventually('the unknown one is told of', () => errors.some((e) => e.includes('scan.future')));
    await worker.stop();
  });
});

/** A worker in a process of its own that starts jobs and never ends them. */
function startWorkerProcess(redisUrl: string): { child: ChildProcess; output(): string } {
  const module = new URL('../../dist/platform/queue/bullmq-job-queue.js', import.meta.url).href;
  const script = `
    const { BullmqJobQueue } = await import(${JSON.stringify(module)});
    const queue = new BullmqJobQueue({ redisUrl: ${JSON.stringify(redisUrl)}, prefix: 'test', onError: console.error });
    const run = ({ scanId }) => { console.log('running ' + scanId); return new Promise(() => {}); };
    await queue.work({ 'scan.run': run, 'scan.clean': run }, 1, new AbortController().signal);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script]);
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  return { child, output: () => output };
}

import { DelayedError, Queue, Worker, type Job } from 'bullmq';
import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { JOBS, isJobName, type JobName, type JobPayloads } from '../../jobs/catalog.js';
import { JobQueue, NotConfigured, type JobHandlers, type Later } from '../../ports/job-queue.js';

const QUEUE = 'jobs';
/** How long a call waits for a Redis that does not answer, in milliseconds, before it fails. */
const ANSWER_MS = 2_000;
/** A Redis that vanished without a word leaves a connection on which nothing ever comes: after so long without an answer it is made anew. */
const SILENCE_MS = 5_000;
/** The same for a worker's connections, of which one waits for jobs for up to ten seconds at a time. */
const WORKER_SILENCE_MS = 20_000;
/** A worker that died is noticed after lock + interval at most: its jobs then go to another one. */
const LOCK_MS = 10_000;
const STALLED_INTERVAL_MS = 4_000;
/** A job may lose its worker this often: the limit on work is the scan's own deadline, never this count. */
const MAX_STALLED = 1_000;
/** How long a stop waits for Redis, in milliseconds, once all running jobs have ended. */
const STOP_MS = 3_000;
const WORKER_OPTIONS = {
  autorun: false,
  lockDuration: LOCK_MS,
  stalledInterval: STALLED_INTERVAL_MS,
  maxStalledCount: MAX_STALLED,
  runRetryDelay: 1_000,
  drainDelay: 2,
  removeOnComplete: { count: 0 },
  removeOnFail: { count: 0 },
};
const PRESENT = ['waiting', 'delayed', 'active', 'prioritized'];

export interface BullmqOptions {
  redisUrl: string;
  /** Prefix of every key in Redis. */
  prefix: string;
  /** Told what no caller can be told: lost connections, handlers that failed, jobs given up. */
  onError: (error: Error) => void;
}

type AnyPayload = JobPayloads[JobName];

/** Jobs in Redis through BullMQ, in one queue. */
export class BullmqJobQueue extends JobQueue {
  private readonly redis: Redis;
  private opening: Promise<Queue> | null = null;

  constructor(private readonly options: BullmqOptions) {
    super();
    // Without the offline queue a command fails at once while Redis is away, instead of waiting for it without end.
    this.redis = this.connect({
      enableOfflineQueue: false,
      commandTimeout: ANSWER_MS,
      socketTimeout: SILENCE_MS,
      maxRetriesPerRequest: null,
    });
  }

  async add<N extends JobName>(name: N, payload: JobPayloads[N]): Promise<void> {
    const rule = JOBS[name];
    const options = {
      jobId: rule.id(payload),
      attempts: rule.tries,
      backoff: { type: 'exponential', delay: rule.backoffMs },
      lifo: rule.first,
      // An ended job that stays would keep its id from ever being added again.
      removeOnComplete: true,
      removeOnFail: true,
    };
    await this.ask((queue) => queue.add(name, payload, options));
  }

  async has<N extends JobName>(name: N, payload: JobPayloads[N]): Promise<boolean> {
    return PRESENT.includes(await this.ask((queue) => queue.getJobState(JOBS[name].id(payload))));
  }

  async remove<N extends JobName>(name: N, payload: JobPayloads[N]): Promise<boolean> {
    const id = JOBS[name].id(payload);
    return this.ask(async (queue) => {
      const state = await queue.getJobState(id);
      // Between the two calls a worker may take it; then it has a lock, and BullMQ answers 0.
      return PRESENT.includes(state) && state !== 'active' && (await queue.remove(id)) === 1;
    });
  }

  async work(handlers: JobHandlers, concurrency: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.workOnce(handlers, concurrency, signal).catch((error: unknown) =>
        this.options.onError(asError(error)),
      );
      if (!signal.aborted) await sleep(1_000, undefined, { signal }).catch(() => undefined);
    }
  }

  async check(): Promise<void> {
    await this.ready();
    const memory = await this.redis.info('memory').catch(fail);
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
    if (policy !== undefined && policy !== 'noeviction') {
      throw new NotConfigured(`Redis has maxmemory-policy ${policy}: it could throw jobs away; set it to noeviction`);
    }
    // A Redis without memory or disk, or a replica, answers and takes no job.
    await this.redis.set(`${this.options.prefix}:check`, '', 'PX', ANSWER_MS).catch(fail);
  }

  async close(): Promise<void> {
    const queue = await this.opening?.catch(() => null);
    await queue?.close();
    this.redis.disconnect();
  }

  private connect(options: object): Redis {
    const retryStrategy = (times: number): number => Math.min(times * 100, 2_000);
    // After a failover the connection may lead to what is a replica now: the address leads elsewhere by then.
    const reconnectOnError = ({ message }: Error): 2 | false => (message.startsWith('READONLY') ? 2 : false);
    const always = { retryStrategy, reconnectOnError, connectTimeout: ANSWER_MS };
    const redis = new Redis(this.options.redisUrl, { ...always, ...options });
    redis.on('error', (error: Error) => this.options.onError(error));
    return redis;
  }

  /** Fulfilled when Redis answers; rejected after ANSWER_MS. */
  private async ready(): Promise<void> {
    const until = Date.now() + ANSWER_MS;
    while (this.redis.status !== 'ready') {
      if (this.redis.status === 'end') throw new Error('The connection to Redis is closed');
      if (Date.now() > until) throw new Error('Redis does not answer');
      await sleep(20);
    }
  }

  /** Calls to the queue; what goes wrong there says that it was Redis (a client that has just lost it speaks of its stream). */
  private async ask<T>(work: (queue: Queue) => Promise<T>): Promise<T> {
    return work(await this.queue()).catch(fail);
  }

  /** The queue, opened when it is first used and again after an opening that failed (BullMQ would keep the failure for good). */
  private async queue(): Promise<Queue> {
    await this.ready();
    this.opening ??= this.open();
    return this.opening;
  }

  private async open(): Promise<Queue> {
    const queue = new Queue(QUEUE, { connection: this.redis, prefix: this.options.prefix });
    queue.on('error', this.options.onError);
    try {
      await queue.waitUntilReady();
      return queue;
    } catch (error) {
      this.opening = null;
      throw error;
    }
  }

  private async workOnce(handlers: JobHandlers, concurrency: number, signal: AbortSignal): Promise<void> {
    const connection = this.connect({ maxRetriesPerRequest: null, socketTimeout: WORKER_SILENCE_MS });
    let active = 0;
    const process = async (job: Job<AnyPayload>, token?: string, lost?: AbortSignal): Promise<void> => {
      active += 1;
      await runJob(job, token, handlers, [signal, lost]).finally(() => (active -= 1));
    };
    const worker = new Worker<AnyPayload, void>(QUEUE, process, {
      ...WORKER_OPTIONS,
      connection,
      prefix: this.options.prefix,
      concurrency,
    });
    worker.on('error', this.options.onError);
    worker.on('failed', (job, error) =>
      this.options.onError(new Error(`${job?.id}: ${error.message}`, { cause: error })),
    );
    // The lock is gone: another worker may have the job by now, so that this one has to let go of it.
    worker.on('lockRenewalFailed', (ids) => ids.forEach((id) => worker.cancelJob(id)));
    const stop = (): void => void worker.close().catch(this.options.onError);
    signal.addEventListener('abort', stop, { once: true });
    const ended = new AbortController();
    const run = async (): Promise<void> => {
      await worker.waitUntilReady();
      await worker.run();
      await worker.close();
    };
    try {
      await Promise.race([run(), stoppedLate(signal, () => active, ended.signal)]);
    } finally {
      ended.abort();
      signal.removeEventListener('abort', stop);
      stop();
      connection.disconnect();
    }
  }
}

/**
 * Fulfilled STOP_MS after `signal` when nothing runs any more: without Redis, BullMQ's own close would wait for it without end.
 * What ended meanwhile and could not be told to Redis runs once more elsewhere, as after a crash.
 */
async function stoppedLate(signal: AbortSignal, active: () => number, ended: AbortSignal): Promise<void> {
  try {
    while (!signal.aborted || active() > 0) await sleep(250, undefined, { signal: ended });
    await sleep(STOP_MS, undefined, { signal: ended });
  } catch {
    // It has ended in good time.
  }
}

async function runJob(
  job: Job<AnyPayload>,
  token: string | undefined,
  handlers: JobHandlers,
  signals: readonly (AbortSignal | undefined)[],
): Promise<void> {
  if (!isJobName(job.name)) throw new Error(`no handler: ${job.name} is a job of another version`);
  const later = await withSignal(signals, (signal) => handle(handlers, job.name as JobName, job.data, signal));
  if (later === undefined) return;
  await job.moveToDelayed(Date.now() + later.retryInMs, token);
  throw new DelayedError(); // BullMQ's way to hear that the job was moved; no try is used up
}

/** Calls the handler of a name. The payload is the one that add() took for that name. */
async function handle<N extends JobName>(
  handlers: JobHandlers,
  name: N,
  payload: AnyPayload,
  signal: AbortSignal,
): Promise<Later | undefined> {
  return (await handlers[name](payload as JobPayloads[N], signal)) ?? undefined;
}

/** Runs `work` with a signal that follows all of the given ones. (AbortSignal.any keeps garbage on signals that live long.) */
async function withSignal<T>(
  signals: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  for (const signal of signals) signal?.addEventListener('abort', abort, { once: true });
  if (signals.some((signal) => signal?.aborted)) abort();
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of signals) signal?.removeEventListener('abort', abort);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function fail(cause: unknown): never {
  const { message } = asError(cause);
  throw new Error(/redis|connection/i.test(message) ? message : `Redis did not take the call: ${message}`, { cause });
}

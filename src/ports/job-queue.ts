import type { JobName, JobPayloads } from '../jobs/catalog.js';

/** What a handler says of a job it could not do yet: it comes back after this time, without counting as a failure. */
export interface Later {
  retryInMs: number;
}
export type JobHandler<N extends JobName> = (payload: JobPayloads[N], signal: AbortSignal) => Promise<void | Later>;
/** One handler per job name: a missing handler does not compile. */
export type JobHandlers = { [N in JobName]: JobHandler<N> };

/** The queue answers, and is set up so that it could lose jobs; the message says how to mend it, and holds no secret. */
export class NotConfigured extends Error {}

/**
 * The queue of jobs. Payloads are ids only. At least once: a job whose worker dies is given to another one.
 * It may lose everything at any time: the reconciler re-queues from Postgres.
 */
export abstract class JobQueue {
  /** Adds the job unless one with the same id (jobs/catalog.ts) waits or runs already. Fails fast when the queue is down. */
  abstract add<N extends JobName>(name: N, payload: JobPayloads[N]): Promise<void>;
  /** True if a job of that identity waits, is delayed or runs. */
  abstract has<N extends JobName>(name: N, payload: JobPayloads[N]): Promise<boolean>;
  /** Takes the job out if it has not been started; true if it was there. */
  abstract remove<N extends JobName>(name: N, payload: JobPayloads[N]): Promise<boolean>;
  /** Starts to work on jobs, `concurrency` at a time; the promise is fulfilled when the worker has stopped after `signal` and its running jobs ended. */
  abstract work(handlers: JobHandlers, concurrency: number, signal: AbortSignal): Promise<void>;
  /** Resolves if the queue answers, takes jobs, and is configured so that it keeps them (Redis: noeviction); throws with the reason otherwise, NotConfigured for the last. */
  abstract check(): Promise<void>;
  abstract close(): Promise<void>;
}

import { JOBS, type JobName, type JobPayloads } from '../../jobs/catalog.js';
import { JobQueue, type JobHandlers, type Later } from '../../ports/job-queue.js';

interface Entry {
  id: string;
  /** Calls the handler of the job's name with the job's payload. */
  run(handlers: JobHandlers, signal: AbortSignal): Promise<void | Later>;
  triesLeft: number;
  backoffMs: number;
  state: 'waiting' | 'delayed' | 'active';
}

/** Jobs in the memory of one process, for tests: what BullMQ does, without Redis. */
export class MemoryJobQueue extends JobQueue {
  private readonly entries = new Map<string, Entry>();
  private readonly waiting: Entry[] = [];
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly workers = new Set<() => void>();

  constructor(private readonly onError: (error: Error) => void = () => undefined) {
    super();
  }

  add<N extends JobName>(name: N, payload: JobPayloads[N]): Promise<void> {
    const rule = JOBS[name];
    const id = rule.id(payload);
    if (this.entries.has(id)) return Promise.resolve();
    const own = structuredClone(payload);
    const entry: Entry = {
      id,
      run: (handlers, signal) => handlers[name](own, signal),
      triesLeft: rule.tries,
      backoffMs: rule.backoffMs,
      state: 'waiting',
    };
    this.entries.set(id, entry);
    if (rule.first) this.waiting.unshift(entry);
    else this.waiting.push(entry);
    this.wake();
    return Promise.resolve();
  }

  has<N extends JobName>(name: N, payload: JobPayloads[N]): Promise<boolean> {
    return Promise.resolve(this.entries.has(JOBS[name].id(payload)));
  }

  remove<N extends JobName>(name: N, payload: JobPayloads[N]): Promise<boolean> {
    const id = JOBS[name].id(payload);
    const entry = this.entries.get(id);
    if (entry === undefined || entry.state === 'active') return Promise.resolve(false);
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    if (entry.state === 'waiting') this.waiting.splice(this.waiting.indexOf(entry), 1);
    this.entries.delete(id);
    return Promise.resolve(true);
  }

  async work(handlers: JobHandlers, concurrency: number, signal: AbortSignal): Promise<void> {
    const running = new Set<Promise<void>>();
    while (!signal.aborted) {
      const entry = running.size < concurrency ? this.waiting.shift() : undefined;
      if (entry === undefined) {
        await this.something(signal, running);
        continue;
      }
      entry.state = 'active';
      const done: Promise<void> = this.run(entry, handlers, signal).finally(() => running.delete(done));
      running.add(done);
    }
    await Promise.all(running);
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    return Promise.resolve();
  }

  private async run(entry: Entry, handlers: JobHandlers, signal: AbortSignal): Promise<void> {
    try {
      const later = await entry.run(handlers, signal);
      if (later) this.delay(entry, later.retryInMs);
      else this.entries.delete(entry.id);
    } catch (error) {
      this.onError(
        new Error(`${entry.id}: ${error instanceof Error ? error.message : String(error)}`, { cause: error }),
      );
      entry.triesLeft -= 1;
      if (entry.triesLeft === 0) this.entries.delete(entry.id);
      else this.delay(entry, entry.backoffMs);
      entry.backoffMs *= 2;
    }
  }

  private delay(entry: Entry, ms: number): void {
    entry.state = 'delayed';
    const due = (): void => {
      this.timers.delete(entry.id);
      entry.state = 'waiting';
      this.waiting.push(entry);
      this.wake();
    };
    this.timers.set(entry.id, setTimeout(due, ms));
  }

  /** Fulfilled when a job was added or came due, a running one ended, or the worker is to stop. */
  private async something(signal: AbortSignal, running: Iterable<Promise<void>>): Promise<void> {
    let wake = (): void => undefined;
    const woken = new Promise<void>((resolve) => (wake = resolve));
    this.workers.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    try {
      await Promise.race([woken, ...running]);
    } finally {
      this.workers.delete(wake);
      signal.removeEventListener('abort', wake);
    }
  }

  private wake(): void {
    for (const wake of this.workers) wake();
  }
}

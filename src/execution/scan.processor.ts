import { setMaxListeners } from 'node:events';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import { JobQueue, type JobHandlers } from '../ports/job-queue.js';
import { every, onceInAWhile } from './interval-loop.js';
import { jobContext } from './job-context.js';
import { ProfileTextKeeper } from './profile-text-keeper.js';
import { ProfileTextRunner } from './profile-text-runner.js';
import { Reaper } from './reaper.js';
import { Reconciler } from './reconciler.js';
import { ScanCleaner } from './scan-cleaner.js';
import { ScanRunner } from './scan-runner.js';
import { ScanTurns } from './scan-turns.js';

const TURNS_MS = 1_000;
const RECONCILE_MS = 5_000;
const REAP_MS = 10_000;
const REAP_FILES_MS = 10 * 60_000;

/** The worker's work: jobs from the queue, and the rounds that keep queue, rows and pods together. */
@Injectable()
export class ScanProcessor {
  readonly #logger = new Logger(ScanProcessor.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly queue: JobQueue,
    private readonly runner: ScanRunner,
    private readonly cleaner: ScanCleaner,
    private readonly turns: ScanTurns,
    private readonly reconciler: Reconciler,
    private readonly reaper: Reaper,
    private readonly profileTexts: ProfileTextRunner,
    private readonly profileKeeper: ProfileTextKeeper,
  ) {}

  /** Works until `signal`, and resolves when all that ran has stopped. Pods stay for whoever goes on. */
  async work(signal: AbortSignal): Promise<void> {
    setMaxListeners(0, signal); // every running job listens to it
    const about = ({ scanId, attempt }: { scanId: string; attempt: number }) => ({ scan: scanId, attempt });
    const handlers: JobHandlers = {
      'scan.run': (payload, stop) => jobContext.run(about(payload), () => this.runner.run(payload, stop)),
      'scan.clean': (payload) => jobContext.run(about(payload), () => this.cleaner.clean(payload)),
      'profile.read': (payload, stop) =>
        jobContext.run({ profile: payload.digest }, () => this.profileTexts.run(payload, stop)),
    };
    const complain = (what: string) => onceInAWhile((error) => this.#logger.error(`${what}: ${String(error)}`));
    await Promise.all([
      this.queue.work(handlers, this.config.workerConcurrency, signal),
      every(TURNS_MS, signal, () => this.turns.call(), complain('calling waiting scans failed')),
      every(RECONCILE_MS, signal, () => this.reconciler.round(), complain('reconciling failed')),
      every(REAP_MS, signal, () => this.reaper.round(), complain('reaping failed')),
      every(RECONCILE_MS, signal, () => this.profileKeeper.requeue(), complain('requeueing profiles failed')),
      every(REAP_MS, signal, () => this.profileKeeper.reap(), complain('reaping pods of profiles failed')),
      every(REAP_FILES_MS, signal, () => this.reaper.files(), complain('removing unused profiles failed')),
    ]);
  }
}

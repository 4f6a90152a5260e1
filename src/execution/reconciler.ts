import { Injectable, Logger } from '@nestjs/common';
import { scanFailure } from '../domain/errors.js';
import { JobQueue } from '../ports/job-queue.js';
import { ScansRepository } from '../scans/scans.repository.js';
import { EvidenceCollector } from './evidence-collector.js';
import { withEvents } from './failure.js';
import { scanPodName } from './scan-pod.js';

/** A scan younger than this is being queued by the API at this moment. */
const YOUNG_MS = 2_000;
/** A runner ends its scan at the deadline; so much later none does any more. */
const OVERDUE_MS = 60_000;
const AT_ONCE = 20;

type Unfinished = Awaited<ReturnType<ScansRepository['unfinished']>>[number];

/** Postgres is the truth and the queue is not: every scan that has not ended gets its job back, and none stays unfinished past its deadline. */
@Injectable()
export class Reconciler {
  readonly #logger = new Logger(Reconciler.name);

  constructor(
    private readonly scans: ScansRepository,
    private readonly queue: JobQueue,
    private readonly evidence: EvidenceCollector,
  ) {}

  /** One round; several workers may do it at once. */
  async round(now: number = Date.now()): Promise<void> {
    const unfinished = (await this.scans.unfinished()).filter((scan) => now - scan.createdAt.getTime() >= YOUNG_MS);
    for (let at = 0; at < unfinished.length; at += AT_ONCE) {
      await Promise.all(unfinished.slice(at, at + AT_ONCE).map((scan) => this.#see(scan, now)));
    }
  }

  async #see(scan: Unfinished, now: number): Promise<void> {
    if (isOverdue(scan, now)) await this.#giveUp(scan);
    const payload = { scanId: scan.id, attempt: scan.attempt };
    if (await this.queue.has('scan.run', payload)) return;
    await this.queue.add('scan.run', payload);
    this.#logger.log(`${scan.id} attempt ${scan.attempt} was ${scan.state} without a job: queued again`);
  }

  async #giveUp(scan: Unfinished): Promise<void> {
    const { evidence, events } = await this.evidence.collect(scanPodName(scan.id, scan.attempt));
    const failure = withEvents(
      scanFailure('TIMEOUT', `The scan did not end within ${scan.timeoutSeconds} s, and no worker ended it`),
      events,
    );
    if (await this.scans.fail(scan.id, scan.attempt, failure, evidence))
      this.#logger.error(`${scan.id} was given up: ${failure.message}`);
  }
}

/** A queued scan waits for room as long as it takes; one that has started has its deadline. */
function isOverdue({ startedAt, timeoutSeconds }: Unfinished, now: number): boolean {
  return startedAt !== null && now > startedAt.getTime() + timeoutSeconds * 1_000 + OVERDUE_MS;
}

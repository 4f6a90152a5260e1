import { Injectable, Logger } from '@nestjs/common';
import { scanFailure } from '../domain/errors.js';
import { JobQueue } from '../ports/job-queue.js';
import { ScansRepository, type UnderWay } from '../scans/scans.repository.js';
import { EvidenceCollector } from './evidence-collector.js';
import { withEvents } from './failure.js';
import { jobContext } from './job-context.js';
import { scanPodName } from './scan-pod.js';

/** A runner ends its scan at the deadline; so much later none does any more. */
const OVERDUE_MS = 60_000;
const AT_ONCE = 20;

/** Postgres is the truth and the queue is not: every scan that is under way gets its job back, and none stays unfinished past its deadline. */
@Injectable()
export class Reconciler {
  readonly #logger = new Logger(Reconciler.name);

  constructor(
    private readonly scans: ScansRepository,
    private readonly queue: JobQueue,
    private readonly evidence: EvidenceCollector,
  ) {}

  /** One round, as it would be `laterMs` from now; several workers may do it at once. Throws if one scan or more could not be seen to. */
  async round(laterMs = 0): Promise<void> {
    const underWay = await this.scans.underWay();
    const overdue = (scan: UnderWay): boolean => scan.runsMs + laterMs > scan.timeoutSeconds * 1_000 + OVERDUE_MS;
    // First, and without the queue: a Redis that is away must not keep a scan from its end.
    await each(underWay.filter(overdue), (scan) => this.#giveUp(scan));
    await each(underWay, (scan) => this.#requeue(scan));
  }

  async #requeue(scan: UnderWay): Promise<void> {
    const payload = { scanId: scan.id, attempt: scan.attempt };
    if (await this.queue.has('scan.run', payload)) return;
    await this.queue.add('scan.run', payload);
    this.#logger.log(`${scan.id} attempt ${scan.attempt} was ${scan.state} without a job: queued again`);
  }

  async #giveUp(scan: UnderWay): Promise<void> {
    const { evidence, events } = await this.evidence.collect(scanPodName(scan.id, scan.attempt));
    const failure = withEvents(
      scanFailure('TIMEOUT', `The scan did not end within ${scan.timeoutSeconds} s, and no worker ended it`),
      events,
    );
    if (await this.scans.fail(scan.id, scan.attempt, failure, evidence))
      this.#logger.error(`${scan.id} was given up: ${failure.message}`);
  }
}

/** Does a thing for each scan, some at once; one that fails keeps no other from its turn, and is told of at the end. */
async function each(scans: readonly UnderWay[], work: (scan: UnderWay) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for (let at = 0; at < scans.length; at += AT_ONCE) {
    const some = scans.slice(at, at + AT_ONCE).map((scan) => jobContext.run({ scan: scan.id }, () => work(scan)));
    for (const result of await Promise.allSettled(some))
      if (result.status === 'rejected') failures.push(result.reason as unknown);
  }
  if (failures.length > 0) throw new Error(`${failures.length} of ${scans.length} scans: ${String(failures[0])}`);
}

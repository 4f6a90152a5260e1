import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import { JobQueue } from '../ports/job-queue.js';
import { PodRuntime } from '../ports/pod-runtime.js';
import { ScansRepository } from '../scans/scans.repository.js';
import type { Scan } from '../scans/scan.js';
import { EvidenceCollector } from './evidence-collector.js';
import type { ScanFailed } from './scan-failed.error.js';
import { scanPodName } from './scan-pod.js';

/** With less time left than this another pod would only end at the deadline. */
const WORTH_A_POD_MS = 10_000;

/** Another attempt for a scan whose pod the cluster took away: a drained or preempted node says nothing of target or profile. */
@Injectable()
export class ScanAttempts {
  readonly #logger = new Logger(ScanAttempts.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly scans: ScansRepository,
    private readonly runtime: PodRuntime,
    private readonly evidence: EvidenceCollector,
    private readonly queue: JobQueue,
  ) {}

  /**
   * Puts the scan back in the queue as its next attempt, once the pod of this one is gone; false if it is to fail: another pod would fare the same, no
   * attempt or no time is left, or the pod does not go.
   */
  async again({ id, attempt }: Scan, { failure, lost }: ScanFailed): Promise<boolean> {
    if (!lost || attempt >= this.config.scanAttempts) return false;
    if ((await this.scans.leftMs(id)) < WORTH_A_POD_MS) return false;
    const name = scanPodName(id, attempt);
    const { evidence } = await this.evidence.collect(name);
    // First: two pods of one scan would take two places, of which one is counted.
    if ((await this.runtime.remove(name)) !== 'gone') return false;
    const next = await this.scans.again(id, attempt, evidence);
    if (next === null) return true; // it has ended meanwhile, or another worker was here first
    this.#logger.warn(`${id} attempt ${attempt} lost its pod and is tried again: ${failure.message}`);
    // If the queue is away the scan has its turn all the same (scan-turns.ts).
    await this.queue.add('scan.run', { scanId: id, attempt: next }).catch(() => undefined);
    return true;
  }
}

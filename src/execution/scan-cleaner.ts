import { Injectable, Logger } from '@nestjs/common';
import { isTerminal } from '../domain/scan-state.js';
import type { JobPayloads } from '../jobs/catalog.js';
import { PodRuntime } from '../ports/pod-runtime.js';
import { ScansRepository } from '../scans/scans.repository.js';
import { EvidenceCollector } from './evidence-collector.js';
import { scanPodName } from './scan-pod.js';

/** Removes pods of scans that have ended: always the last step, so that whatever a pod knew has been kept. */
@Injectable()
export class ScanCleaner {
  readonly #logger = new Logger(ScanCleaner.name);

  constructor(
    private readonly scans: ScansRepository,
    private readonly runtime: PodRuntime,
    private readonly evidence: EvidenceCollector,
  ) {}

  /** Removes the pod of an attempt and notes that it is gone. One that still ends is noted by the reaper. */
  async removePod(scanId: string, attempt: number): Promise<void> {
    const gone = await this.runtime.remove(scanPodName(scanId, attempt));
    if (gone === 'gone') await this.scans.podGone(scanId, attempt);
    else this.#logger.warn(`the pod of ${scanId} attempt ${attempt} takes long to end`);
  }

  /** After a cancel: keeps what the pod knew, then removes it. A scan that goes on is left alone. */
  async clean({ scanId, attempt }: JobPayloads['scan.clean']): Promise<void> {
    const scan = await this.scans.find(scanId);
    if (scan && scan.attempt === attempt && !isTerminal(scan.state)) return;
    const podName = scanPodName(scanId, attempt);
    if (scan?.state === 'canceled' && scan.attempt === attempt && (await this.runtime.get(podName))) {
      const { evidence } = await this.evidence.collect(podName);
      await this.scans.keepEvidence(scanId, attempt, evidence);
    }
    await this.removePod(scanId, attempt);
  }
}

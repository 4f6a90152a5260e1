import { Injectable, Logger } from '@nestjs/common';
import { isTerminal } from '../domain/scan-state.js';
import { PodRuntime, type PodObservation } from '../ports/pod-runtime.js';
import { ScansRepository } from '../scans/scans.repository.js';
import { ScanCleaner } from './scan-cleaner.js';
import { scanOfPod } from './scan-pod.js';

/** A pod whose scan is in no row: young ones are spared, the database may just have been away. */
const UNKNOWN_MS = 60_000;
/** Profiles that no pod has used for so long are removed. */
const FILES_MS = 60 * 60_000;

/** No pod outlives its scan, and no place under the cap stays taken by a pod that is gone. */
@Injectable()
export class Reaper {
  readonly #logger = new Logger(Reaper.name);

  constructor(
    private readonly scans: ScansRepository,
    private readonly runtime: PodRuntime,
    private readonly cleaner: ScanCleaner,
  ) {}

  /** One round; several workers may do it at once. */
  async round(now: number = Date.now()): Promise<void> {
    // Rows first: a pod that is created after they were read is not missed in the list.
    const rows = await this.scans.podsNotGone();
    const pods = await this.runtime.list();
    const present = new Set(pods.map((pod) => pod.name));
    for (const { id, attempt, state, podName } of rows) {
      if (isTerminal(state) && !present.has(podName)) await this.scans.podGone(id, attempt);
    }
    for (const pod of pods) {
      // One that cannot be removed must not keep the others.
      await this.#see(pod, now).catch((error: unknown) => this.#logger.error(`${pod.name} stays: ${String(error)}`));
    }
  }

  /** Removes files of profiles that nothing uses any more. */
  async files(now: number = Date.now()): Promise<void> {
    const removed = await this.runtime.removeUnusedFiles(new Date(now - FILES_MS));
    if (removed.length > 0) this.#logger.log(`removed unused profiles: ${removed.join(', ')}`);
  }

  async #see(pod: PodObservation, now: number): Promise<void> {
    const named = scanOfPod(pod.labels);
    if (!named || pod.deleting) return; // someone removes it already
    const scan = await this.scans.find(named.id);
    if (scan && scan.attempt === named.attempt && !isTerminal(scan.state)) return;
    if (!scan && now - pod.createdAt.getTime() < UNKNOWN_MS) return;
    this.#logger.warn(`the pod ${pod.name} has outlived its scan: removing it`);
    await this.cleaner.clean({ scanId: named.id, attempt: named.attempt });
  }
}

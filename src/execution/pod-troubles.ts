import type { ScanFailure } from '../domain/errors.js';
import type { PodEvent, PodObservation } from '../ports/pod-runtime.js';
import { judgePod, type Finding, type Grace, type Trouble } from './failure.js';
import { lastPullError, pullCause } from './pull-failure.js';
import { ScanFailed } from './scan-failed.error.js';

/** What may still mend itself: what it is a failure of if it does not, and in how many milliseconds it will be one. */
export interface Suspicion {
  failure: ScanFailure;
  leftMs: number;
}

/**
 * What is wrong with one pod over the time that it is followed. How long it has been wrong is measured here, from when it was first seen: clocks of
 * nodes, API server and workers may differ by more than what is given.
 */
export class PodTroubles {
  #since: { of: Trouble; at: number } | null = null;
  #pullError = '';

  constructor(
    private readonly grace: Grace,
    private readonly events: () => Promise<PodEvent[]>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Null if nothing is wrong, or what may still mend itself. Throws ScanFailed for what is wrong for good, or for too long. */
  async of(pod: PodObservation): Promise<Suspicion | null> {
    const finding = await this.#finding(pod);
    if (finding.kind === 'failed') throw new ScanFailed(finding.failure, null, finding.lost);
    if (finding.kind === 'fine') return (this.#since = null);
    const { of, graceMs, failure } = finding;
    if (this.#since?.of !== of) this.#since = { of, at: this.now() };
    const leftMs = this.#since.at + graceMs - this.now();
    if (leftMs <= 0) throw new ScanFailed(failure);
    return { failure, leftMs };
  }

  /** A pull that waits for its next try does not say why the last one failed: it was said before, or it is in the events. */
  async #finding(pod: PodObservation): Promise<Finding> {
    const waiting = pod.containers.find((one) => one.state.kind === 'waiting' && one.state.reason === 'ErrImagePull');
    if (waiting?.state.kind === 'waiting' && pullCause(waiting.state.message) !== 'unknown')
      this.#pullError = waiting.state.message;
    const finding = judgePod(pod, this.grace, this.#pullError);
    if (finding.kind !== 'suspect' || !finding.unexplained) return finding;
    this.#pullError = lastPullError(await this.events().catch(() => []));
    return judgePod(pod, this.grace, this.#pullError);
  }
}

import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import { PodRuntime, type PodObservation } from '../ports/pod-runtime.js';
import { ScansRepository } from '../scans/scans.repository.js';
import type { Scan } from '../scans/scan.js';
import { podLost, type Grace } from './failure.js';
import { PodTroubles, type Suspicion } from './pod-troubles.js';
import { PodWatch, type Heard } from './pod-watch.js';
import { failScan, Interrupted, ScanFailed, Superseded } from './scan-failed.error.js';
import { scanPodName } from './scan-pod.js';

/** A watch can hang without a word; so long after the last news the engine is asked directly. */
const ASK_AFTER_MS = 60_000;
/** A target that has ended: so long the scanner's own receipt is waited for. */
const TARGET_EXIT_MS = 3_000;

/** A pod, and the receipt that its scanner has left. */
export interface PodWithReceipt {
  pod: PodObservation;
  message: string;
}

/** Follows a pod until its scanner has left a receipt. */
@Injectable()
export class PodFollow {
  readonly #grace: Grace;

  constructor(
    @Inject(CONFIG) { patience }: Config,
    private readonly watch: PodWatch,
    private readonly runtime: PodRuntime,
    private readonly scans: ScansRepository,
  ) {
    this.#grace = {
      unschedulableMs: patience.unschedulableSeconds * 1_000,
      pullMs: patience.pullSeconds * 1_000,
      unreachableMs: patience.unreachableSeconds * 1_000,
      targetExitMs: TARGET_EXIT_MS,
    };
  }

  /** The pod as it was when the scanner had left its receipt, and the receipt. Throws ScanFailed, Superseded or Interrupted. */
  async untilReceipt(scan: Scan, signal: AbortSignal): Promise<PodWithReceipt> {
    const withinMs = await this.scans.leftMs(scan.id);
    const overdue = `The scan did not end within ${scan.timeoutSeconds} s`;
    let scanning = scan.state !== 'starting';
    return this.receiptOf({ name: scanPodName(scan.id, scan.attempt), withinMs, overdue }, signal, async (pod) => {
      if (scanning || !isScanning(pod)) return;
      if (!(await this.scans.move(scan.id, scan.attempt, 'scanning'))) throw new Superseded();
      scanning = true;
    });
  }

  /** The same for any pod with a container `scanner`. `overdue`: what to say when `withinMs` have passed. */
  async receiptOf(
    { name, withinMs, overdue }: { name: string; withinMs: number; overdue: string },
    signal: AbortSignal,
    onSeen: (pod: PodObservation) => Promise<void> = () => Promise.resolve(),
  ): Promise<PodWithReceipt> {
    const deadline = performance.now() + withinMs;
    const troubles = new PodTroubles(this.#grace, () => this.runtime.events(name));
    const follower = this.watch.follow(name);
    try {
      let suspicion: Suspicion | null = null;
      for (;;) {
        const leftMs = deadline - performance.now();
        const heard = await follower.next(Math.min(leftMs, suspicion?.leftMs ?? Infinity, ASK_AFTER_MS), signal);
        if (signal.aborted) throw new Interrupted();
        // Without news the engine itself is asked, at the deadline too: what the watch has missed must not end a scan.
        const pod = heard.kind === 'seen' ? heard.pod : await this.runtime.get(name);
        const message = pod && receiptIn(pod);
        if (message) return { pod, message };
        if (!pod) throw lost(name);
        await onSeen(pod);
        suspicion = await troubles.of(pod);
        if (performance.now() >= deadline) throw tooLate(overdue, pod, suspicion);
      }
    } finally {
      follower.close();
    }
  }

  /** Waits until nothing runs in the pod any more, or it is gone, or `ms` are over: an engine removes an ended pod at once, another after seconds. */
  async untilEnded(name: string, ms: number, signal: AbortSignal): Promise<void> {
    const until = Date.now() + ms;
    const follower = this.watch.follow(name);
    try {
      for (let heard: Heard = { kind: 'nothing' }; !hasEnded(heard) && Date.now() < until && !signal.aborted;)
        heard = await follower.next(until - Date.now(), signal);
    } finally {
      follower.close();
    }
  }
}

/** The pod is not there, and nobody of ours has removed it. */
export function lost(name: string): ScanFailed {
  return new ScanFailed(podLost(name), null, true);
}

/** What kept the pod from running is said rather than that time is over. */
function tooLate(overdue: string, pod: PodObservation, suspicion: Suspicion | null): ScanFailed {
  if (!suspicion) return failScan('TIMEOUT', `${overdue}${whereItIs(pod)}`);
  const { code, message } = suspicion.failure;
  return failScan(code, `${message}. ${overdue}`);
}

function hasEnded(heard: Heard): boolean {
  return heard.kind === 'gone' || (heard.kind === 'seen' && ['Succeeded', 'Failed'].includes(heard.pod.phase));
}

function scannerOf(pod: PodObservation): PodObservation['containers'][number] | undefined {
  return pod.containers.find((one) => one.name === 'scanner');
}

function receiptIn(pod: PodObservation): string | null {
  const state = scannerOf(pod)?.state;
  return state?.kind === 'terminated' && state.message.trim().startsWith('{') ? state.message : null;
}

function isScanning(pod: PodObservation): boolean {
  return scannerOf(pod)?.state.kind === 'running';
}

function whereItIs(pod: PodObservation): string {
  const states = pod.containers.map(
    ({ name, state }) => `${name} ${state.kind}${state.kind === 'waiting' && state.reason ? ` (${state.reason})` : ''}`,
  );
  return `; the pod is ${pod.phase}${states.length > 0 ? `: ${states.join(', ')}` : ''}`;
}

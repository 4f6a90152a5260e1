import { Injectable } from '@nestjs/common';
import { PodRuntime, type PodObservation } from '../ports/pod-runtime.js';
import { ScansRepository } from '../scans/scans.repository.js';
import type { Scan } from '../scans/scan.js';
import { judgePod, podLost } from './failure.js';
import { PodWatch, type Heard } from './pod-watch.js';
import { failScan, Interrupted, ScanFailed, Superseded } from './scan-failed.error.js';
import { scanPodName } from './scan-pod.js';

/** A watch can hang without a word; so long after the last news the engine is asked directly. */
const ASK_AFTER_MS = 60_000;

/** A pod, and the receipt that its scanner has left. */
export interface PodWithReceipt {
  pod: PodObservation;
  message: string;
}

/** Follows a pod until its scanner has left a receipt. */
@Injectable()
export class PodFollow {
  constructor(
    private readonly watch: PodWatch,
    private readonly runtime: PodRuntime,
    private readonly scans: ScansRepository,
  ) {}

  /** The pod as it was when the scanner had left its receipt, and the receipt. Throws ScanFailed, Superseded or Interrupted. */
  async untilReceipt(scan: Scan, signal: AbortSignal): Promise<PodWithReceipt> {
    const deadline = (scan.startedAt ?? scan.createdAt).getTime() + scan.timeoutSeconds * 1_000;
    const overdue = `The scan did not end within ${scan.timeoutSeconds} s`;
    let scanning = scan.state !== 'starting';
    return this.receiptOf({ name: scanPodName(scan.id, scan.attempt), deadline, overdue }, signal, async (pod) => {
      if (scanning || !isScanning(pod)) return;
      if (!(await this.scans.move(scan.id, scan.attempt, 'scanning'))) throw new Superseded();
      scanning = true;
    });
  }

  /** The same for any pod with a container `scanner`. `deadline`: milliseconds since 1970; `overdue`: what to say when it has passed. */
  async receiptOf(
    { name, deadline, overdue }: { name: string; deadline: number; overdue: string },
    signal: AbortSignal,
    onSeen: (pod: PodObservation) => Promise<void> = () => Promise.resolve(),
  ): Promise<PodWithReceipt> {
    const follower = this.watch.follow(name);
    try {
      let pod: PodObservation | null = null;
      let lookAt = deadline;
      for (;;) {
        const heard = await follower.next(Math.min(lookAt - Date.now(), ASK_AFTER_MS), signal);
        if (signal.aborted) throw new Interrupted();
        pod = (await this.#news(name, heard, lookAt)) ?? pod;
        const message = pod && receiptIn(pod);
        if (pod && message) return { pod, message };
        if (pod) await onSeen(pod);
        lookAt = Math.min(deadline, pod ? nextLook(pod) : deadline);
        if (Date.now() >= deadline) throw failScan('TIMEOUT', `${overdue}${whereItIs(pod)}`);
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

  async #news(name: string, heard: Heard, lookAt: number): Promise<PodObservation | null> {
    if (heard.kind === 'seen') return heard.pod;
    if (heard.kind === 'nothing' && Date.now() >= lookAt) return null;
    const pod = await this.runtime.get(name);
    if (!pod) throw new ScanFailed(podLost(name));
    return pod;
  }
}

/** Throws ScanFailed if the pod has failed; else when it is to be judged again though nothing changes, in milliseconds since 1970. */
function nextLook(pod: PodObservation): number {
  const finding = judgePod(pod, Date.now());
  if (finding.kind === 'failed') throw new ScanFailed(finding.failure);
  return finding.kind === 'suspect' ? finding.until : Infinity;
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

function whereItIs(pod: PodObservation | null): string {
  if (!pod) return '; its pod was never seen';
  const states = pod.containers.map(
    ({ name, state }) => `${name} ${state.kind}${state.kind === 'waiting' && state.reason ? ` (${state.reason})` : ''}`,
  );
  return `; the pod is ${pod.phase}${states.length > 0 ? `: ${states.join(', ')}` : ''}`;
}

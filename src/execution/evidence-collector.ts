import { Injectable } from '@nestjs/common';
import { PodRuntime } from '../ports/pod-runtime.js';
import type { PodEvent } from '../ports/pod-runtime.js';
import type { Evidence } from '../scans/scan.js';
import { EVIDENCE_LOG_BYTES, evidenceOf } from './evidence.js';

const LOG_LINES = 400;
/** Frames of a report are long lines and are left out afterwards: more than what is kept is read. */
const LOG_READ_BYTES = 64 * EVIDENCE_LOG_BYTES;

/** Asks an engine for all that it can still say of a pod, before the pod is removed. */
@Injectable()
export class EvidenceCollector {
  constructor(private readonly runtime: PodRuntime) {}

  /** What can be had; a part that the engine does not answer for is left out, since evidence must never keep a scan from ending. */
  async collect(podName: string, receipt: unknown = null): Promise<{ evidence: Evidence; events: PodEvent[] }> {
    const pod = await this.runtime.get(podName).catch(() => null);
    const events = await this.runtime.events(podName).catch(() => []);
    const containers = pod?.containers.map((one) => one.name) ?? [];
    const limit = { maxBytes: LOG_READ_BYTES, tailLines: LOG_LINES };
    const logs = await Promise.all(
      containers.map(async (name) => [name, await this.runtime.log(podName, name, limit).catch(() => null)] as const),
    );
    const evidence = evidenceOf({ pod, events, logs: Object.fromEntries(logs), receipt, at: new Date() });
    return { evidence, events };
  }
}

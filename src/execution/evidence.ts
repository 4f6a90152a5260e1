import type { ContainerObservation, PodEvent, PodObservation } from '../ports/pod-runtime.js';
import type { Evidence } from '../scans/scan.js';

/** At most this much of the end of each log is kept, in bytes. */
export const EVIDENCE_LOG_BYTES = 64 * 1024;
const MAX_MESSAGE = 4_000;
const MAX_EVENTS = 50;

/** What is known of a scan pod when it is looked at for the last time. */
export interface Observed {
  pod: PodObservation | null;
  events: readonly PodEvent[];
  /** End of a container's log by container; null where there is none. */
  logs: Readonly<Record<string, Buffer | null>>;
  receipt: unknown;
  at: Date;
}

/** The evidence as it is stored: bounded in size, without the frames of a report, and free of NUL characters (Postgres stores none). */
export function evidenceOf({ pod, events, logs, receipt, at }: Observed): Evidence {
  return {
    collectedAt: at.toISOString(),
    pod: pod && { name: pod.name, phase: pod.phase, reason: pod.reason, message: clean(pod.message), node: pod.node },
    containers: pod?.containers.map(containerEvidence) ?? [],
    events: events
      .slice(-MAX_EVENTS)
      .map((event) => ({ ...event, at: event.at?.toISOString() ?? null, message: clean(event.message) })),
    logs: Object.fromEntries(Object.entries(logs).flatMap(([name, log]) => (log ? [[name, endOfLog(log)]] : []))),
    receipt: receipt ?? null,
  };
}

function containerEvidence({ name, state, restartCount }: ContainerObservation): Evidence['containers'][number] {
  const nothing = { reason: '', message: '', exitCode: null };
  const said =
    state.kind === 'running' ? nothing : { reason: state.reason, message: clean(state.message), exitCode: null };
  const exitCode = state.kind === 'terminated' ? state.exitCode : null;
  return { name, state: state.kind, ...said, exitCode, restartCount };
}

function endOfLog(log: Buffer): string {
  const readable = log
    .toString('utf8')
    .split('\n')
    .filter((line) => !/^##sidescan \d/.test(line))
    .join('\n');
  const end = Buffer.from(readable).subarray(-EVIDENCE_LOG_BYTES).toString('utf8');
  return end.replaceAll('\0', '\ufffd');
}

function clean(message: string): string {
  const text = message.replaceAll('\0', '\ufffd');
  return text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE - 1)}…`;
}

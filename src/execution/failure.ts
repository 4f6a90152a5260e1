import { scanFailure, type ScanFailure } from '../domain/errors.js';
import type { ContainerObservation, ContainerState, PodEvent, PodObservation } from '../ports/pod-runtime.js';

/** How long what may still mend itself is given, in milliseconds. */
export interface Grace {
  /** From the pod's creation: the scheduler may find room, a node may come up. */
  unschedulableMs: number;
  /** From the pod's creation: a registry may answer at the second try. */
  pullMs: number;
  /** From the end of the target: the scanner's own receipt says more, if it comes. */
  targetExitMs: number;
}
export const GRACE: Grace = { unschedulableMs: 30_000, pullMs: 15_000, targetExitMs: 3_000 };

/** What an observation means: nothing wrong, wrong for good, or wrong if it is still so at `until` (milliseconds since 1970). */
export type Finding =
  | { kind: 'fine' }
  | { kind: 'failed'; failure: ScanFailure }
  | { kind: 'suspect'; failure: ScanFailure; until: number };

type Waiting = Extract<ContainerState, { kind: 'waiting' }>;
type Terminated = Extract<ContainerState, { kind: 'terminated' }>;

const FINE: Finding = { kind: 'fine' };
const MAX_MESSAGE = 1_000;
const NO_SUCH_IMAGE =
  /\bnot found\b|manifest unknown|manifest invalid|name unknown|no such image|repository does not exist|\bdenied\b|unauthorized|authentication required|forbidden|\b40[134]\b/i;
const REGISTRY_AWAY =
  /no such host|connection refused|timeout|i\/o|server misbehaving|\b5\d\d\b|\b429\b|too many requests/i;
const BAD_REFERENCE = /invalid reference|couldn't parse image|invalid image name/i;
const NODE_SAYS_NO = /^(OutOf\w+|NodeAffinity|NodePorts|UnexpectedAdmissionError|AppArmor|SysctlForbidden|PodAffinity)/;

/** Judges what an engine says of a scan pod whose scanner has left no receipt: the one place where a failure gets its code. */
export function judgePod(pod: PodObservation, now: number, grace: Grace = GRACE): Finding {
  const finding = podFinding(pod) ?? containersFinding(pod, now, grace) ?? placeFinding(pod, now, grace);
  return finding ?? FINE;
}

/** The pod no longer exists, and nobody of ours removed it. */
export function podLost(name: string): ScanFailure {
  return scanFailure('POD_LOST', `The pod ${name} was removed while the scan ran`);
}

/** Some engines give the cause of a pull failure only in an event: with it, the code may be a better one. */
export function withEvents(failure: ScanFailure, events: readonly PodEvent[]): ScanFailure {
  if (failure.code === 'IMAGE_PULL_FAILED') {
    const cause = events.find((event) => /^Failed to pull image/i.test(event.message));
    if (cause && !failure.message.includes(cause.message))
      return pullFailure(`${failure.message}; ${cause.message}`, cause.message);
  }
  if (failure.code === 'TIMEOUT') {
    const warnings = events.filter((event) => event.type === 'Warning').slice(-2);
    if (warnings.length > 0)
      return { ...failure, message: clip(`${failure.message}. The engine said: ${warnings.map(said).join('; ')}`) };
  }
  return failure;
}

function podFinding(pod: PodObservation): Finding | null {
  const words = [pod.reason, pod.message].filter(Boolean).join(': ');
  if (pod.reason === 'DeadlineExceeded') return failed('TIMEOUT', `The pod was ended at its deadline (${words})`);
  if (pod.reason === 'Evicted') {
    const own = /ephemeral|local storage|emptydir|memory/i.test(pod.message);
    return failed(
      'POD_LOST',
      `The pod was evicted from its node: ${pod.message || 'no reason given'}${own ? ' (a limit of the scan pod or of the node)' : ''}`,
    );
  }
  if (pod.phase === 'Failed' && NODE_SAYS_NO.test(pod.reason))
    return failed('UNSCHEDULABLE', `The node refused the pod (${words})`);
  if (pod.deleting) return { kind: 'failed', failure: podLost(pod.name) };
  return null;
}

function containersFinding(pod: PodObservation, now: number, grace: Grace): Finding | null {
  for (const container of pod.containers) {
    const finding =
      container.state.kind === 'waiting' ? waitingFinding(pod, container, container.state, now, grace) : null;
    if (finding) return finding;
  }
  const init = pod.containers.find((one) => one.init && one.state.kind === 'terminated' && one.state.exitCode !== 0);
  if (init?.state.kind === 'terminated')
    return ofInfrastructure(
      `The container ${init.name} could not make the scan ready: ${ending(init.state)}`,
      init.state,
    );
  const target = endOf(pod, 'target');
  const scanner = endOf(pod, 'scanner');
  if (scanner) return scannerFinding(scanner, target);
  if (target) return targetFinding(target, now, grace);
  if (pod.phase === 'Failed')
    return failed('POD_LOST', `The pod failed: ${pod.reason || 'no reason given'} ${pod.message}`.trim());
  return null;
}

function waitingFinding(
  pod: PodObservation,
  container: ContainerObservation,
  state: Waiting,
  now: number,
  grace: Grace,
): Finding | null {
  const words = `${state.reason}: ${state.message}`;
  const ours = container.name !== 'target';
  switch (state.reason) {
    case 'ErrImagePull':
    case 'ImagePullBackOff':
    case 'ErrImageNeverPull':
    case 'RegistryUnavailable':
    case 'InvalidImageName':
    case 'ImageInspectError': {
      if (state.reason === 'InvalidImageName' && !ours) return failed('IMAGE_INVALID', words);
      if (state.reason === 'ImageInspectError' && !ours) return failed('IMAGE_INVALID', words);
      const failure = ours
        ? scanFailure('INTERNAL', clip(`The scanner image cannot be had: ${words}`))
        : pullFailure(words, state.message);
      if (state.reason === 'ErrImageNeverPull')
        return { kind: 'failed', failure: ours ? failure : scanFailure('IMAGE_NOT_FOUND', clip(words)) };
      const until = pod.createdAt.getTime() + grace.pullMs;
      return !failure.retryable || now >= until ? { kind: 'failed', failure } : { kind: 'suspect', failure, until };
    }
    case 'CrashLoopBackOff':
      return ours ? ofInfrastructure(words, null) : failed('TARGET_EXITED', words);
    case 'CreateContainerConfigError':
    case 'CreateContainerError':
    case 'RunContainerError':
    case 'PreStartHookError':
    case 'PostStartHookError':
      return ours
        ? ofInfrastructure(`The container ${container.name} could not be started: ${words}`, null)
        : failed('TARGET_START_FAILED', words);
    default:
      return null;
  }
}

function scannerFinding(scanner: Terminated, target: Terminated | null): Finding {
  if (scanner.reason === 'OOMKilled')
    return failed('OUT_OF_MEMORY', `The scanner ran out of memory: ${ending(scanner)}`);
  if (target?.reason === 'OOMKilled') return failed('OUT_OF_MEMORY', `The target ran out of memory: ${ending(target)}`);
  if (startFailed(scanner)) return ofInfrastructure(`The scanner could not be started: ${ending(scanner)}`, null);
  if (target && startFailed(target)) return failed('TARGET_START_FAILED', ending(target));
  if (scanner.exitCode === 0) return failed('SCANNER_FAILED', 'The scanner ended with exit code 0 and no receipt');
  return failed('SCANNER_KILLED', `The scanner left no receipt: ${ending(scanner)}`);
}

function targetFinding(target: Terminated, now: number, grace: Grace): Finding {
  if (startFailed(target)) return failed('TARGET_START_FAILED', `The target could not be started: ${ending(target)}`);
  const failure = targetExited(target);
  const until = (target.finishedAt?.getTime() ?? now) + grace.targetExitMs;
  return now >= until ? { kind: 'failed', failure } : { kind: 'suspect', failure, until };
}

function targetExited(target: Terminated): ScanFailure {
  if (target.reason === 'OOMKilled')
    return scanFailure('OUT_OF_MEMORY', `The target ran out of memory: ${ending(target)}`);
  return scanFailure('TARGET_EXITED', clip(`The target container ended before the scan did: ${ending(target)}`));
}

/**
 * What a receipt that reports a failure means beside what the engine says. A process of the scanner that was killed for memory is the cause; so is the target
 * where it has ended, whatever the scanner met. A held target ends with 0 only when the scanner has dismissed it.
 */
export function causeInTarget(failure: ScanFailure, pod: PodObservation): ScanFailure {
  if (failure.code === 'SCANNER_FAILED' && endOf(pod, 'scanner')?.reason === 'OOMKilled')
    return scanFailure('OUT_OF_MEMORY', clip(`The scanner ran out of memory: ${failure.message}`));
  const target = endOf(pod, 'target');
  const held = pod.containers.some((one) => one.init);
  if (held && target?.exitCode === 0) return failure;
  const byTarget = ['TARGET_NOT_PROVEN', 'TARGET_UNREADABLE', 'TARGET_EXITED', 'SCANNER_FAILED'].includes(failure.code);
  if (!target || !byTarget) return failure;
  const cause = startFailed(target) ? scanFailure('TARGET_START_FAILED', clip(ending(target))) : targetExited(target);
  return { ...cause, message: clip(`${cause.message}. The scanner said: ${failure.message}`) };
}

function placeFinding(pod: PodObservation, now: number, grace: Grace): Finding | null {
  const trouble = pod.troubles.find((one) => one.type === 'PodScheduled' && one.reason === 'Unschedulable');
  if (!trouble || pod.phase !== 'Pending') return null;
  const failure = scanFailure('UNSCHEDULABLE', clip(trouble.message || 'No node takes the pod'));
  const until = pod.createdAt.getTime() + grace.unschedulableMs;
  return now >= until ? { kind: 'failed', failure } : { kind: 'suspect', failure, until };
}

function pullFailure(words: string, cause: string): ScanFailure {
  if (BAD_REFERENCE.test(cause)) return scanFailure('IMAGE_INVALID', clip(words));
  const absent = NO_SUCH_IMAGE.test(cause) && !REGISTRY_AWAY.test(cause);
  return scanFailure(absent ? 'IMAGE_NOT_FOUND' : 'IMAGE_PULL_FAILED', clip(words));
}

/** A container of ours that does not do its work is the service's failure, not the target's; without memory it is that. */
function ofInfrastructure(message: string, state: Terminated | null): Finding {
  return failed(state?.reason === 'OOMKilled' ? 'OUT_OF_MEMORY' : 'INTERNAL', message);
}

function startFailed(state: Terminated): boolean {
  return ['StartError', 'ContainerCannotRun', 'ContainerStatusUnknown'].includes(state.reason);
}

function endOf(pod: PodObservation, name: string): Terminated | null {
  const state = pod.containers.find((one) => one.name === name && !one.init)?.state;
  return state?.kind === 'terminated' ? state : null;
}

function ending(state: Terminated): string {
  const signal = state.signal ? ` (signal ${state.signal})` : '';
  const words = [state.reason, state.message].filter(Boolean).join(': ');
  return `exit code ${state.exitCode}${signal}${words ? `, ${words}` : ''}`;
}

function said(event: PodEvent): string {
  return `${event.reason}: ${event.message}`;
}

function failed(code: Parameters<typeof scanFailure>[0], message: string): Finding {
  return { kind: 'failed', failure: scanFailure(code, clip(message)) };
}

function clip(message: string): string {
  return message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE - 1)}…`;
}

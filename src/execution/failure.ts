import { scanFailure, type ScanFailure } from '../domain/errors.js';
import type { ContainerObservation, ContainerState, PodEvent, PodObservation } from '../ports/pod-runtime.js';
import { lastPullError, pullCause, pullFailure } from './pull-failure.js';

/** How long what may still mend itself is given from when it is first seen, in milliseconds. */
export interface Grace {
  /** The scheduler may find room, a node may come up. */
  unschedulableMs: number;
  /** A registry that is there and in trouble may recover; the engine tries again by itself. */
  pullMs: number;
  /** One that nobody could reach, or that failed for a reason that is not known here. */
  unreachableMs: number;
  /** After the end of the target: the scanner's own receipt says more, if it comes. */
  targetExitMs: number;
}

/** What may mend itself: pulling an image, finding a node, the end of a target. */
export type Trouble = 'pull' | 'place' | 'target';

/**
 * What an observation means: nothing wrong; wrong for good; or wrong if it is still so after `graceMs`. `lost`: the cluster took the pod away or
 * refused it, and neither target nor profile had a part in it. `unexplained`: the engine's events may name the cause.
 */
export type Finding =
  | { kind: 'fine' }
  | { kind: 'failed'; failure: ScanFailure; lost?: boolean }
  | { kind: 'suspect'; failure: ScanFailure; of: Trouble; graceMs: number; unexplained?: boolean };

type Failed = Extract<Finding, { kind: 'failed' }>;
type Waiting = Extract<ContainerState, { kind: 'waiting' }>;
type Terminated = Extract<ContainerState, { kind: 'terminated' }>;

const FINE: Finding = { kind: 'fine' };
const MAX_MESSAGE = 1_000;
const NODE_SAYS_NO = /^(OutOf\w+|NodeAffinity|NodePorts|UnexpectedAdmissionError|AppArmor|SysctlForbidden|PodAffinity)/;
/** What kubelets and controllers call it when a node goes away under a pod. */
const NODE_GOES = /^(Shutdown|NodeShutdown|NodeLost|NodeNotReady|Preempting|Terminated|TerminationByKubelet)$/;
/** The pod used more than it may; that a node is low on something is no fault of the pod. */
const OWN_LIMIT = /exceed\w*\b.*\blimit/i;

/**
 * Judges what an engine says of a scan pod whose scanner has left no receipt: the one place where a failure gets its code. `pullError`: what it said
 * before of a pull that it will try again.
 */
export function judgePod(pod: PodObservation, grace: Grace, pullError = ''): Finding {
  return podFinding(pod) ?? containersFinding(pod, grace, pullError) ?? placeFinding(pod, grace) ?? FINE;
}

/** The pod no longer exists, and nobody of ours removed it. */
export function podLost(name: string, why = ''): ScanFailure {
  return scanFailure('POD_LOST', clip(`The pod ${name} was removed while the scan ran${why ? ` (${why})` : ''}`));
}

/** Some engines give the cause of a pull failure only in an event: with it, the code may be a better one. */
export function withEvents(failure: ScanFailure, events: readonly PodEvent[]): ScanFailure {
  if (failure.code === 'IMAGE_PULL_FAILED') {
    const cause = lastPullError(events);
    if (cause && !failure.message.includes(cause))
      return pullFailure(pullCause(cause), clip(`${failure.message}; ${cause}`));
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
    const own = OWN_LIMIT.test(pod.message);
    const why = `${pod.message || 'no reason given'}${own ? ' (a limit of the scan pod)' : ''}`;
    return { ...failed('POD_LOST', `The pod was evicted from its node: ${why}`), lost: !own };
  }
  if (pod.phase === 'Failed' && NODE_SAYS_NO.test(pod.reason))
    return { ...failed('UNSCHEDULABLE', `The node refused the pod (${words})`), lost: true };
  if (pod.phase === 'Failed' && NODE_GOES.test(pod.reason))
    return { ...failed('POD_LOST', `The pod lost its node (${words})`), lost: true };
  const disruption = pod.troubles.find((one) => one.type === 'DisruptionTarget');
  const why = disruption && [disruption.reason, disruption.message].filter(Boolean).join(': ');
  if (pod.deleting) return { kind: 'failed', failure: podLost(pod.name, why), lost: true };
  return null;
}

function containersFinding(pod: PodObservation, grace: Grace, pullError: string): Finding | null {
  for (const container of pod.containers) {
    const { state } = container;
    const finding = state.kind === 'waiting' ? waitingFinding(container, state, grace, pullError) : null;
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
  if (target) return targetFinding(target, grace);
  if (pod.phase === 'Failed')
    return {
      ...failed('POD_LOST', `The pod failed: ${pod.reason || 'no reason given'} ${pod.message}`.trim()),
      lost: true,
    };
  return null;
}

function waitingFinding(
  container: ContainerObservation,
  state: Waiting,
  grace: Grace,
  pullError: string,
): Finding | null {
  const words = `${state.reason}: ${state.message}`;
  const ours = container.name !== 'target';
  switch (state.reason) {
    case 'InvalidImageName':
      return ours ? noScannerImage(words) : failed('IMAGE_INVALID', words);
    case 'ErrImageNeverPull':
      return ours ? noScannerImage(words) : failed('IMAGE_NOT_FOUND', words);
    case 'ErrImagePull':
    case 'ImagePullBackOff':
    case 'RegistryUnavailable':
    case 'ImageInspectError':
      return pullFinding(ours, state, grace, pullError);
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

function pullFinding(ours: boolean, state: Waiting, grace: Grace, pullError: string): Finding {
  const told = state.reason === 'RegistryUnavailable' ? 'unreachable' : pullCause(state.message);
  const cause = told === 'unknown' && pullError ? pullCause(pullError) : told;
  const because = told === 'unknown' && pullError ? `; ${pullError}` : '';
  const words = clip(`${state.reason}: ${state.message}${because}`);
  const ended = cause === 'absent' || cause === 'invalid';
  if (ended) return ours ? noScannerImage(words) : { kind: 'failed', failure: pullFailure(cause, words) };
  const failure = ours ? noScannerImage(words).failure : pullFailure(cause, words);
  const graceMs = cause === 'trouble' ? grace.pullMs : grace.unreachableMs;
  return { kind: 'suspect', failure, of: 'pull', graceMs, unexplained: cause === 'unknown' };
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

function targetFinding(target: Terminated, grace: Grace): Finding {
  if (startFailed(target)) return failed('TARGET_START_FAILED', `The target could not be started: ${ending(target)}`);
  return { kind: 'suspect', failure: targetExited(target), of: 'target', graceMs: grace.targetExitMs };
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

function placeFinding(pod: PodObservation, grace: Grace): Finding | null {
  const trouble = pod.troubles.find((one) => one.type === 'PodScheduled' && one.reason === 'Unschedulable');
  if (!trouble || pod.phase !== 'Pending') return null;
  const failure = scanFailure('UNSCHEDULABLE', clip(trouble.message || 'No node takes the pod'));
  return { kind: 'suspect', failure, of: 'place', graceMs: grace.unschedulableMs };
}

function noScannerImage(words: string): Failed {
  return failed('INTERNAL', `The scanner image cannot be had: ${words}`);
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

function failed(code: Parameters<typeof scanFailure>[0], message: string): Failed {
  return { kind: 'failed', failure: scanFailure(code, clip(message)) };
}

function clip(message: string): string {
  return message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE - 1)}…`;
}

import type { ContainerObservation, ContainerState, PodObservation } from '../../ports/pod-runtime.js';
import { DEADLINE_LABEL } from './podman-manifest.js';

/** One line of `podman ps --pod --format json`: what is read of it. */
export interface RawContainer {
  Id: string;
  Names: string[];
  ImageID: string;
  Labels: Record<string, string> | null;
  Pod: string;
  PodName: string;
  State: string;
  ExitCode: number;
  StartedAt: number;
  ExitedAt: number;
  Created: number;
}

/** One line of `podman pod ps --format json`: what is read of it. */
export interface RawPod {
  Id: string;
  Name: string;
  Labels: Record<string, string> | null;
  Created: string;
}

/** What only closer looks tell of a container that has ended, by its id. */
export interface Ending {
  oomKilled: boolean;
  /** The scanner's receipt from its log; empty for the others. */
  message: string;
}

/** What podman cannot say itself: failures at creation, by container name or for the whole pod, and removal under way. */
export interface Notes {
  playing: boolean;
  deleting: boolean;
  failure: { reason: string; message: string; container: string | null } | null;
}

/** Names of the containers of the pod in the manifest's order, with which of them are init containers. */
export type Expected = readonly { name: string; init: boolean }[];

export const CONTAINERS: Expected = [
  { name: 'toolbox', init: true },
  { name: 'target', init: false },
  { name: 'scanner', init: false },
];

/** A pod of podman's in the port's words. `now` in milliseconds: a pod past its deadline is told as the kubelet would. */
export function observationOf(
  pod: RawPod,
  containers: readonly RawContainer[],
  endings: ReadonlyMap<string, Ending>,
  notes: Notes,
  now: number,
): PodObservation {
  const seen = CONTAINERS.flatMap(({ name, init }) => {
    const raw = containers.find((one) => one.Names[0] === `${pod.Name}-${name}`);
    return raw ? [containerOf(raw, name, init, endings.get(raw.Id), notes)] : [];
  });
  const late =
    isLate(pod.Labels, now) && !seen.some((one) => one.name === 'scanner' && one.state.kind === 'terminated');
  return {
    name: pod.Name,
    uid: pod.Id,
    labels: pod.Labels ?? {},
    createdAt: new Date(pod.Created),
    phase: late ? 'Failed' : phaseOf(seen),
    reason: late ? 'DeadlineExceeded' : '',
    message: late ? 'Pod was active longer than its deadline' : '',
    deleting: notes.deleting,
    node: 'localhost',
    troubles: [],
    containers: withCreationFailure(seen, notes),
  };
}

/** True if the deadline that the pod was given has passed. */
export function isLate(labels: Readonly<Record<string, string>> | null, now: number): boolean {
  const deadline = Number(labels?.[DEADLINE_LABEL]);
  return Number.isFinite(deadline) && deadline > 0 && now > deadline * 1000;
}

/** A pod that is only asked for yet: its images are pulled, or could not be. */
export function pendingPod(
  name: string,
  labels: Readonly<Record<string, string>>,
  createdAt: Date,
  containers: Expected,
  notes: Notes,
): PodObservation {
  const waiting = containers.map(({ name: container, init }) => ({
    name: container,
    init,
    containerId: null,
    imageId: null,
    restartCount: 0,
    state: creating(),
  }));
  return {
    name,
    uid: '',
    labels,
    createdAt,
    phase: 'Pending',
    reason: '',
    message: '',
    deleting: notes.deleting,
    node: 'localhost',
    troubles: [],
    containers: withCreationFailure(waiting, notes),
  };
}

function containerOf(
  raw: RawContainer,
  name: string,
  init: boolean,
  ending: Ending | undefined,
  notes: Notes,
): ContainerObservation {
  return {
    name,
    init,
    containerId: raw.Id,
    imageId: raw.ImageID || null,
    restartCount: 0,
    state: stateOf(raw, ending, notes),
  };
}

function stateOf(raw: RawContainer, ending: Ending | undefined, notes: Notes): ContainerState {
  if (['exited', 'stopped', 'dead', 'removing'].includes(raw.State) && raw.StartedAt > 0) {
    const killed = raw.ExitCode === 137 && ending?.oomKilled;
    return {
      kind: 'terminated',
      exitCode: raw.ExitCode,
      signal: raw.ExitCode > 128 && raw.ExitCode < 160 ? raw.ExitCode - 128 : null,
      reason: killed ? 'OOMKilled' : raw.ExitCode === 0 ? 'Completed' : 'Error',
      message: ending?.message ?? '',
      finishedAt: raw.ExitedAt > 0 ? new Date(raw.ExitedAt * 1000) : null,
    };
  }
  if (['running', 'paused', 'stopping'].includes(raw.State)) {
    return { kind: 'running', startedAt: raw.StartedAt > 0 ? new Date(raw.StartedAt * 1000) : null };
  }
  // A container that `kube play` could not start stays as created; its words name the container's id.
  if (!notes.playing && notes.failure?.message.includes(raw.Id)) {
    return { kind: 'waiting', reason: 'RunContainerError', message: notes.failure.message };
  }
  return creating();
}

function withCreationFailure(containers: ContainerObservation[], { failure }: Notes): ContainerObservation[] {
  if (!failure?.container) return containers;
  const state: ContainerState = { kind: 'waiting', reason: failure.reason, message: failure.message };
  return containers.map((one) =>
    one.name === failure.container && one.state.kind === 'waiting' ? { ...one, state } : one,
  );
}

function phaseOf(containers: readonly ContainerObservation[]): PodObservation['phase'] {
  const main = containers.filter((one) => !one.init);
  const ends = main.flatMap((one) => (one.state.kind === 'terminated' ? [one.state.exitCode] : []));
  if (main.length > 0 && ends.length === main.length) return ends.every((code) => code === 0) ? 'Succeeded' : 'Failed';
  return main.some((one) => one.state.kind === 'running') ? 'Running' : 'Pending';
}

function creating(): ContainerState {
  return { kind: 'waiting', reason: 'ContainerCreating', message: '' };
}

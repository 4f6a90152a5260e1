import type { ContainerObservation, ContainerState, PodObservation } from '../../../src/ports/pod-runtime.js';

/** A pod as it is when all runs well; what a test is about is given. */
export function aPod(given: Partial<PodObservation> = {}): PodObservation {
  return {
    name: 'scan-x-1',
    uid: '8f14e45f-ceea-467f-a0e6-1c2d3e4f5a6b',
    labels: {},
    createdAt: new Date(0),
    phase: 'Running',
    reason: '',
    message: '',
    deleting: false,
    node: 'node-1',
    troubles: [],
    containers: [aContainer('toolbox', ended(0)), aContainer('target'), aContainer('scanner')],
    ...given,
  };
}

export function aContainer(
  name: string,
  state: ContainerState = { kind: 'running', startedAt: new Date(0) },
): ContainerObservation {
  return { name, init: name === 'toolbox', containerId: 'a'.repeat(64), imageId: null, restartCount: 0, state };
}

/** The pod with other states of its containers. */
export function podWith(states: Record<string, ContainerState>, given: Partial<PodObservation> = {}): PodObservation {
  const pod = aPod(given);
  return { ...pod, containers: pod.containers.map((one) => ({ ...one, state: states[one.name] ?? one.state })) };
}

export function waiting(reason: string, message = ''): ContainerState {
  return { kind: 'waiting', reason, message };
}

export function ended(exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error', message = ''): ContainerState {
  return { kind: 'terminated', exitCode, signal: null, reason, message, finishedAt: new Date(1_000) };
}

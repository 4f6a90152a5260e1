import type { ContainerObservation, ContainerState, PodEvent, PodObservation } from '../../ports/pod-runtime.js';

/** The parts of a pod, as the API server sends it, that are read here. */
export interface RawPod {
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    labels?: Record<string, string>;
    creationTimestamp: string;
    deletionTimestamp?: string;
  };
  spec?: {
    nodeName?: string;
    volumes?: { configMap?: { name?: string }; projected?: { sources?: { configMap?: { name?: string } }[] } }[];
  };
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    initContainerStatuses?: RawContainer[];
    containerStatuses?: RawContainer[];
  };
}

interface RawContainer {
  name: string;
  containerID?: string;
  imageID?: string;
  restartCount?: number;
  state?: {
    waiting?: { reason?: string; message?: string };
    running?: { startedAt?: string };
    terminated?: { exitCode: number; signal?: number; reason?: string; message?: string; finishedAt?: string };
  };
}

export interface RawEvent {
  type?: string;
  reason?: string;
  message?: string;
  count?: number;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  metadata?: { creationTimestamp?: string };
}

const PHASES = ['Pending', 'Running', 'Succeeded', 'Failed'] as const;

/** What the API server said of a pod, in the port's words. */
export function observationOf(pod: RawPod): PodObservation {
  const { metadata, status = {} } = pod;
  const init = (status.initContainerStatuses ?? []).map((container) => containerOf(container, true));
  const main = (status.containerStatuses ?? []).map((container) => containerOf(container, false));
  return {
    name: metadata.name,
    uid: metadata.uid,
    labels: metadata.labels ?? {},
    createdAt: new Date(metadata.creationTimestamp),
    phase: PHASES.find((phase) => phase === status.phase) ?? 'Unknown',
    reason: status.reason ?? '',
    message: status.message ?? '',
    deleting: metadata.deletionTimestamp !== undefined,
    node: pod.spec?.nodeName ?? null,
    troubles: (status.conditions ?? [])
      .filter(({ type, status }) => (type === 'DisruptionTarget') === (status === 'True'))
      .map(({ type, reason, message }) => ({ type, reason: reason ?? '', message: message ?? '' })),
    containers: [...init, ...main],
  };
}

/** Names of the ConfigMaps that a pod's volumes are made of. */
export function configMapsUsed(pod: RawPod): string[] {
  const sources = (pod.spec?.volumes ?? []).flatMap((volume) => [volume, ...(volume.projected?.sources ?? [])]);
  return sources.flatMap(({ configMap }) => (configMap?.name === undefined ? [] : [configMap.name]));
}

/** An event of the API server, in the port's words. */
export function eventOf(event: RawEvent): PodEvent {
  const at = event.lastTimestamp ?? event.eventTime ?? event.metadata?.creationTimestamp ?? null;
  return {
    at: at ? new Date(at) : null,
    type: event.type ?? '',
    reason: event.reason ?? '',
    message: event.message ?? '',
    count: event.count ?? 1,
  };
}

function containerOf(raw: RawContainer, init: boolean): ContainerObservation {
  return {
    name: raw.name,
    init,
    // `containerd://<id>`: the scheme is the engine's name, not part of the id.
    containerId: raw.containerID?.replace(/^.*:\/\//, '') || null,
    imageId: raw.imageID || null,
    restartCount: raw.restartCount ?? 0,
    state: stateOf(raw.state ?? {}),
  };
}

function stateOf({ waiting, running, terminated }: NonNullable<RawContainer['state']>): ContainerState {
  if (terminated) {
    const { exitCode, signal, reason, message, finishedAt } = terminated;
    return {
      kind: 'terminated',
      exitCode,
      signal: signal || null,
      reason: reason ?? '',
      message: message ?? '',
      finishedAt: finishedAt ? new Date(finishedAt) : null,
    };
  }
  if (running) return { kind: 'running', startedAt: running.startedAt ? new Date(running.startedAt) : null };
  return { kind: 'waiting', reason: waiting?.reason ?? '', message: waiting?.message ?? '' };
}

import { randomUUID } from 'node:crypto';
import { configMapsOf, secretOf, type PodContainer, type PodManifest } from '../../domain/pod-manifest.js';
import {
  PodRefused,
  PodRuntime,
  type ContainerObservation,
  type ContainerState,
  type PodChange,
  type PodEvent,
  type PodFiles,
  type PodObservation,
  type PodSecret,
} from '../../ports/pod-runtime.js';

/** What a program can see and do in its container. `signal` fires when the pod is removed. */
export interface ProgramContext {
  manifest: PodManifest;
  container: PodContainer;
  /** The files of the pod's Secret, for a container that mounts it. */
  secret: PodSecret | null;
  containerId: string;
  uid: string;
  /** Container ids of the pod by container name, for a program that names its target. */
  containerIds: Readonly<Record<string, string>>;
  print: (text: string) => void;
  /** Leaves the termination message. */
  leave: (message: string) => void;
  signal: AbortSignal;
}

/** What runs in a container of an image: it returns the exit code. */
export type Program = (context: ProgramContext) => Promise<number>;

interface Pod {
  manifest: PodManifest;
  secret: PodSecret | null;
  uid: string;
  createdAt: Date;
  reason: string;
  containers: Map<string, Container>;
  events: PodEvent[];
  stop: AbortController;
}

interface Container {
  spec: PodContainer;
  init: boolean;
  id: string;
  state: ContainerState;
  log: Buffer[];
}

const CREATING: ContainerState = { kind: 'waiting', reason: 'ContainerCreating', message: '' };

/** An engine in this process's memory: images are programs. It keeps the rules that the others keep, for tests that need no engine. */
export class MemoryPodRuntime extends PodRuntime {
  readonly #pods = new Map<string, Pod>();
  readonly #files = new Map<string, { files: PodFiles; at: Date }>();
  readonly #watchers = new Set<(change: PodChange) => void>();
  /** Every pod that was ever created, by name, with how often: what a test of "none doubled" asks. */
  readonly created = new Map<string, number>();
  /** The most pods that ever existed at once. */
  highWater = 0;

  constructor(private readonly programs: Readonly<Record<string, Program>>) {
    super();
  }

  provide(files: PodFiles): Promise<void> {
    this.#files.set(files.name, { files: this.#files.get(files.name)?.files ?? files, at: new Date() });
    return Promise.resolve();
  }

  readFiles(name: string): Promise<Readonly<Record<string, Uint8Array>> | null> {
    return Promise.resolve(this.#files.get(name)?.files.files ?? null);
  }

  removeUnusedFiles(before: Date): Promise<string[]> {
    const volumes = [...this.#pods.values()].flatMap((pod) => pod.manifest.spec.volumes);
    const used = new Set(volumes.flatMap(configMapsOf).map((map) => map.name));
    const old = [...this.#files].filter(([name, { at }]) => at < before && !used.has(name)).map(([name]) => name);
    old.forEach((name) => this.#files.delete(name));
    return Promise.resolve(old);
  }

  create(manifest: PodManifest, secret?: PodSecret): Promise<'created' | 'exists'> {
    const { name } = manifest.metadata;
    if (this.#pods.has(name)) return Promise.resolve('exists');
    const missing = manifest.spec.volumes.find((volume) =>
      configMapsOf(volume).some((map) => !this.#files.has(map.name)),
    );
    const lacking = missing?.name ?? (secret ? undefined : secretOf(manifest)?.volume);
    if (lacking) return Promise.reject(new PodRefused(`There are no files for the volume ${lacking}`));
    const container = (spec: PodContainer, init: boolean): Container => ({
      spec,
      init,
      id: newContainerId(),
      state: CREATING,
      log: [],
    });
    const pod: Pod = {
      manifest,
      secret: secret ?? null,
      uid: randomUUID(),
      createdAt: new Date(),
      reason: '',
      containers: new Map([
        ...manifest.spec.initContainers.map((spec) => [spec.name, container(spec, true)] as const),
        ...manifest.spec.containers.map((spec) => [spec.name, container(spec, false)] as const),
      ]),
      events: [],
      stop: new AbortController(),
    };
    this.#pods.set(name, pod);
    this.created.set(name, (this.created.get(name) ?? 0) + 1);
    this.highWater = Math.max(this.highWater, this.#pods.size);
    this.#tell(pod);
    void this.#run(pod);
    return Promise.resolve('created');
  }

  async watch(onChange: (change: PodChange) => void, signal: AbortSignal): Promise<void> {
    for (const pod of this.#pods.values()) onChange({ kind: 'seen', pod: observationOf(pod) });
    this.#watchers.add(onChange);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.#watchers.delete(onChange);
  }

  list(): Promise<PodObservation[]> {
    return Promise.resolve([...this.#pods.values()].map(observationOf));
  }

  get(name: string): Promise<PodObservation | null> {
    const pod = this.#pods.get(name);
    return Promise.resolve(pod ? observationOf(pod) : null);
  }

  log(name: string, container: string, limit: { maxBytes: number; tailLines?: number }): Promise<Buffer | null> {
    const found = this.#pods.get(name)?.containers.get(container);
    if (!found || found.state.kind === 'waiting') return Promise.resolve(null);
    const whole = Buffer.concat(found.log).toString('utf8');
    const lines = whole.split('\n');
    const cut =
      limit.tailLines === undefined ? whole : lines.slice(-limit.tailLines - (lines.at(-1) === '' ? 1 : 0)).join('\n');
    return Promise.resolve(Buffer.from(cut).subarray(0, limit.maxBytes));
  }

  events(name: string): Promise<PodEvent[]> {
    return Promise.resolve([...(this.#pods.get(name)?.events ?? [])]);
  }

  remove(name: string): Promise<'gone' | 'going'> {
    const pod = this.#pods.get(name);
    if (!pod) return Promise.resolve('gone');
    this.#pods.delete(name);
    pod.stop.abort();
    this.#watchers.forEach((watcher) => watcher({ kind: 'gone', name }));
    return Promise.resolve('gone');
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  override async close(): Promise<void> {
    for (const name of [...this.#pods.keys()]) await this.remove(name);
  }

  async #run(pod: Pod): Promise<void> {
    await Promise.resolve(); // creating returns before anything runs, as with an engine
    const deadline = setTimeout(() => this.#expire(pod), pod.manifest.spec.activeDeadlineSeconds * 1_000);
    const containers = [...pod.containers.values()];
    for (const init of containers.filter((one) => one.init)) {
      if ((await this.#start(pod, init)) !== 0) return clearTimeout(deadline);
    }
    await Promise.all(containers.filter((one) => !one.init).map((one) => this.#start(pod, one)));
    clearTimeout(deadline);
  }

  async #start(pod: Pod, container: Container): Promise<number> {
    const program = this.programs[container.spec.image];
    if (!program) {
      const message = `rpc error: failed to pull and unpack image "${container.spec.image}": not found`;
      pod.events.push({
        at: new Date(),
        type: 'Warning',
        reason: 'Failed',
        message: `Failed to pull image: ${message}`,
        count: 1,
      });
      this.#set(pod, container, { kind: 'waiting', reason: 'ErrImagePull', message });
      return -1;
    }
    if (pod.stop.signal.aborted) return -1;
    this.#set(pod, container, { kind: 'running', startedAt: new Date() });
    let message = '';
    const exitCode = await program({
      manifest: pod.manifest,
      container: container.spec,
      secret: mounts(container.spec, secretOf(pod.manifest)?.volume) ? pod.secret : null,
      containerId: container.id,
      uid: pod.uid,
      containerIds: Object.fromEntries([...pod.containers].map(([name, one]) => [name, one.id])),
      print: (text) => container.log.push(Buffer.from(text)),
      leave: (text) => (message = text),
      signal: pod.stop.signal,
    }).catch(() => 255);
    const reason = exitCode === 0 ? 'Completed' : 'Error';
    this.#set(pod, container, { kind: 'terminated', exitCode, signal: null, reason, message, finishedAt: new Date() });
    return exitCode;
  }

  #expire(pod: Pod): void {
    pod.reason = 'DeadlineExceeded';
    pod.stop.abort();
    this.#tell(pod);
  }

  #set(pod: Pod, container: Container, state: ContainerState): void {
    container.state = state;
    this.#tell(pod);
  }

  #tell(pod: Pod): void {
    if (this.#pods.get(pod.manifest.metadata.name) !== pod) return;
    const change: PodChange = { kind: 'seen', pod: observationOf(pod) };
    this.#watchers.forEach((watcher) => watcher(change));
  }
}

function mounts({ volumeMounts }: PodContainer, volume: string | undefined): boolean {
  return volumeMounts.some((mount) => mount.name === volume);
}

function observationOf(pod: Pod): PodObservation {
  const containers = [...pod.containers.values()];
  return {
    name: pod.manifest.metadata.name,
    uid: pod.uid,
    labels: pod.manifest.metadata.labels,
    createdAt: pod.createdAt,
    phase: phaseOf(
      pod,
      containers.filter((one) => !one.init),
    ),
    reason: pod.reason,
    message: '',
    deleting: false,
    node: 'memory',
    troubles: [],
    containers: containers.map(({ spec, init, id, state }): ContainerObservation => ({
      name: spec.name,
      init,
      containerId: state.kind === 'waiting' ? null : id,
      imageId: null,
      restartCount: 0,
      state,
    })),
  };
}

function phaseOf(pod: Pod, main: readonly Container[]): PodObservation['phase'] {
  if (pod.reason) return 'Failed';
  const ends = main.flatMap(({ state }) => (state.kind === 'terminated' ? [state.exitCode] : []));
  if (ends.length === main.length) return ends.every((code) => code === 0) ? 'Succeeded' : 'Failed';
  return main.some(({ state }) => state.kind === 'running') ? 'Running' : 'Pending';
}

function newContainerId(): string {
  return (randomUUID() + randomUUID()).replaceAll('-', '');
}

import { configMapsOf, secretOf, type PodManifest } from '../../domain/pod-manifest.js';
import { receiptFrame } from '../../domain/receipt-frame.js';
import {
  PodRefused,
  PodRuntime,
  type PodChange,
  type PodEvent,
  type PodFiles,
  type PodObservation,
  type PodSecret,
} from '../../ports/pod-runtime.js';
import { podman, podmanOk } from './podman-cli.js';
import { PodmanLaunches } from './podman-launches.js';
import { kubePlayYaml, MANAGED, NAMESPACE_LABEL } from './podman-manifest.js';
import { isLate, observationOf, type Ending, type RawContainer, type RawPod } from './podman-pod.js';
import { PodmanWatch } from './podman-watch.js';

const REMOVE_WITHIN_MS = 30_000;
/** A pod whose containers were not all started by then, and that nobody here launches, was left by a worker that died while it launched. */
const HALF_MADE_MS = 20_000;

/** Scan pods on this machine, by `podman kube play` of the very manifest that a cluster gets. */
export class PodmanPodRuntime extends PodRuntime {
  readonly #files = new Map<string, { files: PodFiles; at: number }>();
  readonly #endings = new Map<string, Ending>();
  readonly #watches = new Set<PodmanWatch>();
  readonly #launches = new PodmanLaunches(() => this.#watches.forEach((watch) => watch.look()));

  constructor(private readonly namespace: string) {
    super();
  }

  provide(files: PodFiles): Promise<void> {
    this.#files.set(files.name, { files, at: Date.now() });
    return Promise.resolve();
  }

  readFiles(name: string): Promise<Readonly<Record<string, Uint8Array>> | null> {
    return Promise.resolve(this.#files.get(name)?.files.files ?? null);
  }

  removeUnusedFiles(before: Date): Promise<string[]> {
    const old = [...this.#files.values()].filter(({ at }) => at < before.getTime()).map(({ files }) => files.name);
    old.forEach((name) => this.#files.delete(name));
    return Promise.resolve(old);
  }

  async create(manifest: PodManifest, secret?: PodSecret): Promise<'created' | 'exists'> {
    const { name } = manifest.metadata;
    if (manifest.spec.imagePullSecrets) {
      throw new PodRefused(
        'Podman takes registry credentials from its own auth file (podman login); it knows no pull secrets',
      );
    }
    const missing = manifest.spec.volumes.find((volume) =>
      configMapsOf(volume).some((map) => !this.#files.has(map.name)),
    );
    if (this.#launches.has(name)) return 'exists';
    const present = await this.get(name);
    if (present && !this.#halfMade(present)) return 'exists';
    const lacking = missing?.name ?? (secret ? undefined : secretOf(manifest)?.volume);
    if (lacking) throw new PodRefused(`There are no files for the volume ${lacking}`);
    if (present) await this.remove(name);
    const named = {
      ...manifest,
      metadata: { ...manifest.metadata, labels: { ...manifest.metadata.labels, [NAMESPACE_LABEL]: this.namespace } },
    };
    this.#launches.start(
      named,
      kubePlayYaml(named, (map) => this.#files.get(map)?.files.files, Date.now(), secret),
    );
    return 'created';
  }

  async watch(onChange: (change: PodChange) => void, signal: AbortSignal): Promise<void> {
    const watch = new PodmanWatch(() => this.list(), onChange, this.#selector());
    this.#watches.add(watch);
    await watch.run(signal);
    this.#watches.delete(watch);
  }

  async list(): Promise<PodObservation[]> {
    const filters = this.#selector();
    const pods = parse<RawPod>(await podmanOk(['pod', 'ps', ...filters, '--format', 'json']));
    const containers = parse<RawContainer>(await podmanOk(['ps', '--all', '--pod', ...filters, '--format', 'json']));
    await this.#lookAtEndings(containers);
    const now = Date.now();
    await Promise.all(pods.map((pod) => this.#enforceDeadline(pod, containers, now)));
    const seen = pods.map((pod) => {
      const own = containers.filter((one) => one.Pod === pod.Id);
      return observationOf(pod, own, this.#endings, this.#launches.notesOf(pod.Name), now);
    });
    return [...seen, ...this.#launches.pending(new Set(pods.map((pod) => pod.Name)))];
  }

  async get(name: string): Promise<PodObservation | null> {
    return (await this.list()).find((pod) => pod.name === name) ?? null;
  }

  async log(name: string, container: string, limit: { maxBytes: number; tailLines?: number }): Promise<Buffer | null> {
    const tail = limit.tailLines === undefined ? [] : ['--tail', String(limit.tailLines)];
    const { maxBytes } = limit;
    const answer = await podman(['logs', ...tail, `${name}-${container}`], { maxBytes, maxStderr: maxBytes });
    if (answer.code !== 0) return null;
    // Two pipes: their bytes would come in any order, so the frames on stdout stay together, in front.
    return Buffer.concat([answer.stdout, Buffer.from(answer.stderr)]).subarray(0, maxBytes);
  }

  async events(name: string): Promise<PodEvent[]> {
    const containers = ['toolbox', 'target', 'scanner'].flatMap((one) => ['--filter', `container=${name}-${one}`]);
    const args = ['events', '--stream=false', '--since', '24h', '--format', 'json', ...containers];
    const answer = await podman(args, { timeoutMs: 10_000 });
    const failure = this.#launches.notesOf(name).failure;
    const told = failure
      ? [{ at: null, type: 'Warning', reason: failure.reason, message: failure.message, count: 1 }]
      : [];
    return [...(answer.code === 0 ? eventsOf(answer.stdout, name) : []), ...told];
  }

  async remove(name: string): Promise<'gone' | 'going'> {
    await this.#launches.stop(name);
    await podmanOk(['pod', 'rm', '--force', '--ignore', '--time', '1', name], { timeoutMs: REMOVE_WITHIN_MS });
    // Podman removes the volumes of emptyDirs with the pod, but not those of ConfigMaps.
    const volumes = (await podmanOk(['volume', 'ls', '--quiet'])).toString('utf8').split('\n');
    const own = volumes.filter((volume) => volume.startsWith(`${name}-`));
    if (own.length > 0) await podman(['volume', 'rm', '--force', ...own]);
    this.#launches.forget(name);
    this.#watches.forEach((watch) => watch.look());
    return 'gone';
  }

  async check(): Promise<void> {
    await podmanOk(['pod', 'ps', '--quiet'], { timeoutMs: 10_000 });
  }

  override async close(): Promise<void> {
    await this.#launches.close();
  }

  #selector(): string[] {
    return ['--filter', `label=${MANAGED}`, '--filter', `label=${NAMESPACE_LABEL}=${this.namespace}`];
  }

  #halfMade(pod: PodObservation): boolean {
    const unstarted = pod.containers.length === 0 || pod.containers.some((one) => one.state.kind === 'waiting');
    return unstarted && Date.now() - pod.createdAt.getTime() > HALF_MADE_MS;
  }

  /** Looks once at every container that has ended: was it the memory, and what is the receipt in the scanner's log? */
  async #lookAtEndings(containers: readonly RawContainer[]): Promise<void> {
    const present = new Set(containers.map((one) => one.Id));
    for (const id of this.#endings.keys()) if (!present.has(id)) this.#endings.delete(id);
    for (const one of containers) {
      if (this.#endings.has(one.Id) || !['exited', 'stopped', 'dead'].includes(one.State) || one.StartedAt <= 0)
        continue;
      const oomKilled =
        one.ExitCode === 137 &&
        (await podman(['inspect', '--format', '{{.State.OOMKilled}}', one.Id])).stdout.includes('true');
      const isScanner = one.Names[0]?.endsWith('-scanner');
      const log = isScanner ? (await podman(['logs', '--tail', '20', one.Id])).stdout : Buffer.alloc(0);
      this.#endings.set(one.Id, { oomKilled, message: receiptFrame(log) ?? '' });
    }
  }

  async #enforceDeadline(pod: RawPod, containers: readonly RawContainer[], now: number): Promise<void> {
    const running = containers.some((one) => one.Pod === pod.Id && one.State === 'running');
    if (running && isLate(pod.Labels, now)) await podman(['pod', 'kill', pod.Id]);
  }
}

function parse<T>(json: Buffer): T[] {
  return (JSON.parse(json.toString('utf8') || '[]') as T[] | null) ?? [];
}

function eventsOf(lines: Buffer, pod: string): PodEvent[] {
  return lines
    .toString('utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { Name: string; Status: string; Time: string; ContainerExitCode?: number })
    .map(({ Name, Status, Time, ContainerExitCode }) => ({
      at: new Date(Time),
      type: 'Normal',
      reason: Status,
      message: `${Name.slice(pod.length + 1)} ${Status}${ContainerExitCode === undefined ? '' : ` with exit code ${ContainerExitCode}`}`,
      count: 1,
    }));
}

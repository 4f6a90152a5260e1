import { setTimeout as sleep } from 'node:timers/promises';
import type { PodManifest } from '../../domain/pod-manifest.js';
import type { PodObservation } from '../../ports/pod-runtime.js';
import { podman } from './podman-cli.js';
import { pendingPod, type Expected, type Notes } from './podman-pod.js';

/** Pauses between tries of a pull, as long as somebody waits for the pod: whether it is worth it is judged where a pod is judged. */
const PULL_PAUSE_MS = 4_000;
const PULL_PAUSE_MAX_MS = 30_000;

interface Launch {
  manifest: PodManifest;
  createdAt: Date;
  notes: Notes;
  stop: AbortController;
  /** Ends pulls alone: what is being started is brought to its end when this process stops. */
  stopPull: AbortController;
  done: Promise<void>;
}

/**
 * The pods that this process launches or has launched. `podman kube play` pulls and starts in one long command and tells of a failure only by its
 * words: they are kept here, so that a watcher sees them as the state of a container, as a kubelet would show it.
 */
export class PodmanLaunches {
  readonly #launches = new Map<string, Launch>();

  constructor(private readonly onChange: () => void) {}

  has(name: string): boolean {
    return this.#launches.has(name);
  }

  /** Pulls what is missing and plays the manifest, in the background. */
  start(manifest: PodManifest, yaml: string): void {
    const { name } = manifest.metadata;
    const stop = new AbortController();
    const stopPull = new AbortController();
    stop.signal.addEventListener('abort', () => stopPull.abort());
    const notes: Notes = { playing: true, deleting: false, failure: null };
    const launch: Launch = { manifest, createdAt: new Date(), notes, stop, stopPull, done: Promise.resolve() };
    this.#launches.set(name, launch);
    launch.done = this.#run(launch, yaml).finally(() => {
      notes.playing = false;
      this.onChange();
    });
  }

  /** Stops the launch if it still goes on, and resolves when none of its commands runs any more. */
  async stop(name: string): Promise<void> {
    const launch = this.#launches.get(name);
    if (!launch) return;
    launch.notes.deleting = true;
    launch.stop.abort();
    await launch.done;
  }

  forget(name: string): void {
    this.#launches.delete(name);
  }

  /** Ends every pull, and resolves when no launch goes on any more; pods that run stay. */
  async close(): Promise<void> {
    this.#launches.forEach((launch) => launch.stopPull.abort());
    await Promise.all([...this.#launches.values()].map((launch) => launch.done));
  }

  notesOf(name: string): Notes {
    return this.#launches.get(name)?.notes ?? { playing: false, deleting: false, failure: null };
  }

  /** Observations of pods that podman itself does not know of yet, or that it could not make. */
  pending(known: ReadonlySet<string>): PodObservation[] {
    return [...this.#launches.entries()].flatMap(([name, { manifest, createdAt, notes }]) => {
      const containers: Expected = [
        ...manifest.spec.initContainers.map((one) => ({ name: one.name, init: true })),
        ...manifest.spec.containers.map((one) => ({ name: one.name, init: false })),
      ];
      return known.has(name) ? [] : [pendingPod(name, manifest.metadata.labels, createdAt, containers, notes)];
    });
  }

  async #run(launch: Launch, yaml: string): Promise<void> {
    const { manifest, notes, stop } = launch;
    try {
      for (const { name, image } of [...manifest.spec.initContainers, ...manifest.spec.containers]) {
        await this.#pull(launch, name, image);
      }
      // Scan pods need no network at all: none is what deny-all network policies give them in a cluster.
      const args = ['kube', 'play', '--quiet', '--network', 'none', '--log-driver', 'k8s-file', '-'];
      const answer = await podman(args, { stdin: yaml, signal: stop.signal });
      if (answer.code !== 0)
        notes.failure = {
          reason: 'CreateContainerError',
          message: answer.stderr.trim(),
          container: blamed(manifest, answer.stderr),
        };
    } catch (error) {
      if (!stop.signal.aborted)
        notes.failure = { reason: 'CreateContainerError', message: String(error), container: 'scanner' };
    }
  }

  /** Pulls the image if it is not there, as often as it takes; throws when the launch is stopped. */
  async #pull(launch: Launch, container: string, image: string): Promise<void> {
    const { notes, stopPull } = launch;
    for (let pause = PULL_PAUSE_MS; ; pause = Math.min(2 * pause, PULL_PAUSE_MAX_MS)) {
      if ((await podman(['image', 'exists', image], { signal: stopPull.signal })).code === 0) break;
      const answer = await podman(['pull', '--quiet', image], { signal: stopPull.signal });
      if (answer.code === 0) break;
      notes.failure = { reason: 'ErrImagePull', message: errorLine(answer.stderr), container };
      this.onChange();
      await sleep(pause, undefined, { signal: stopPull.signal });
    }
    notes.failure = null;
  }
}

/** The container that podman's words are about; where they name none, ours, since then the target is not to blame. A container's id is looked for later. */
function blamed(manifest: PodManifest, words: string): string | null {
  if (/\b[0-9a-f]{64}\b/.test(words)) return null;
  const { name } = manifest.metadata;
  return manifest.spec.containers.find((one) => words.includes(`${name}-${one.name}`))?.name ?? 'scanner';
}

function errorLine(words: string): string {
  return words.split('\n').findLast((line) => line.startsWith('Error:')) ?? words.trim();
}

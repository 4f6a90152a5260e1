import type { ChildProcess } from 'node:child_process';
import type { PodChange, PodObservation } from '../../ports/pod-runtime.js';
import { podmanStream } from './podman-cli.js';

/** Several events come within a moment: one look serves them all. */
const SETTLE_MS = 25;
/** A look without an event: deadlines pass silently, and an event may be lost. */
const LOOK_MS = 2_000;
const RESTART_MS = 1_000;

/** One watch over all pods of ours: `podman events` says that something changed, a listing says what. */
export class PodmanWatch {
  readonly #told = new Map<string, string>();
  #events: ChildProcess | null = null;
  #timer: NodeJS.Timeout | null = null;
  #looking = false;
  #lookAgain = false;
  #stopped = false;

  constructor(
    private readonly list: () => Promise<PodObservation[]>,
    private readonly onChange: (change: PodChange) => void,
    private readonly filters: readonly string[],
  ) {}

  /** Runs until `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    this.#listen();
    this.look();
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#events?.kill();
  }

  /** Looks soon: something has changed. */
  look(): void {
    this.#lookAgain = true;
    this.#lookIn(SETTLE_MS);
  }

  #listen(): void {
    if (this.#stopped) return;
    const args = ['events', '--format', 'json', ...this.filters];
    const restart = () => setTimeout(() => this.#listen(), RESTART_MS).unref();
    this.#events = podmanStream(args, () => this.look(), once(restart));
  }

  #lookIn(ms: number): void {
    if (this.#stopped || this.#looking) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), ms);
  }

  async #look(): Promise<void> {
    this.#looking = true;
    this.#lookAgain = false;
    try {
      this.#tell(await this.list());
    } catch {
      // A pod that vanishes between two commands makes podman fail: the next look is right.
      this.#lookAgain = true;
    } finally {
      this.#looking = false;
      this.#lookIn(this.#lookAgain ? SETTLE_MS * 4 : LOOK_MS);
    }
  }

  #tell(pods: readonly PodObservation[]): void {
    if (this.#stopped) return;
    const present = new Set(pods.map((pod) => pod.name));
    for (const name of [...this.#told.keys()].filter((one) => !present.has(one))) {
      this.#told.delete(name);
      this.onChange({ kind: 'gone', name });
    }
    for (const pod of pods) {
      const now = JSON.stringify(pod);
      if (this.#told.get(pod.name) === now) continue;
      this.#told.set(pod.name, now);
      this.onChange({ kind: 'seen', pod });
    }
  }
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}

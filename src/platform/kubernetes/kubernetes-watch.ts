import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PodChange } from '../../ports/pod-runtime.js';
import { KubernetesError, type KubernetesClient } from './kubernetes-client.js';
import { observationOf, type RawPod } from './kubernetes-pod.js';

/** The server ends a watch after this time; the next one goes on where it stopped. */
const WATCH_SECONDS = 240;
/** Bookmarks come about once a minute: a connection that is silent for longer is taken for dead. */
const SILENCE_MS = 100_000;
const MAX_PAUSE_MS = 10_000;

interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: RawPod & { code?: number; message?: string };
}

/** One watch over all pods that a label selector selects: list, then every change, and again from the start whenever the server lost the thread. */
export class KubernetesWatch {
  readonly #known = new Set<string>();
  #resourceVersion: string | null = null;

  constructor(
    private readonly client: KubernetesClient,
    private readonly path: string,
    private readonly labelSelector: string,
    private readonly onChange: (change: PodChange) => void,
  ) {}

  /** Runs until `signal`. Never throws: whatever goes wrong is tried again, ever more slowly, up to ten seconds. */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      try {
        if (this.#resourceVersion === null) await this.#list(signal);
        await this.#follow(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        // 410: the version is too old to go on from. Any other refusal may mean the same to a proxy, and a list is always right.
        if (error instanceof KubernetesError) this.#resourceVersion = null;
        failures++;
        const pause = Math.min(MAX_PAUSE_MS, 100 * 2 ** failures) * (0.5 + Math.random() / 2);
        await sleep(pause, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const list = await this.client.json<{ metadata: { resourceVersion: string }; items: RawPod[] }>({
      path: this.path,
      query: { labelSelector: this.labelSelector },
      signal,
    });
    const present = new Set(list.items.map((pod) => pod.metadata.name));
    for (const name of this.#known) if (!present.has(name)) this.#gone(name);
    for (const pod of list.items) this.#seen(pod);
    this.#resourceVersion = list.metadata.resourceVersion;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const query = {
      watch: true,
      allowWatchBookmarks: true,
      labelSelector: this.labelSelector,
      resourceVersion: this.#resourceVersion ?? undefined,
      timeoutSeconds: WATCH_SECONDS,
    };
    const silence = new AbortController();
    const either = AbortSignal.any([signal, silence.signal]);
    let timer = setTimeout(() => silence.abort(), SILENCE_MS);
    try {
      const stream = await this.client.stream({ path: this.path, query, signal: either });
      try {
        for await (const line of linesOf(stream)) {
          clearTimeout(timer);
          timer = setTimeout(() => silence.abort(), SILENCE_MS);
          if (line) this.#take(JSON.parse(line) as WatchEvent);
        }
      } finally {
        stream.destroy();
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #take({ type, object }: WatchEvent): void {
    if (type === 'ERROR')
      throw new KubernetesError(object.code ?? 410, 'Expired', object.message ?? 'The watch ended with an error');
    this.#resourceVersion = object.metadata.resourceVersion;
    if (type === 'DELETED') this.#gone(object.metadata.name);
    else if (type !== 'BOOKMARK') this.#seen(object);
  }

  #seen(pod: RawPod): void {
    this.#known.add(pod.metadata.name);
    this.onChange({ kind: 'seen', pod: observationOf(pod) });
  }

  #gone(name: string): void {
    this.#known.delete(name);
    this.onChange({ kind: 'gone', name });
  }
}

/** The lines of a stream; throws when the stream breaks off, as readline does not. */
async function* linesOf(stream: IncomingMessage): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

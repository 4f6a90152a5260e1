import { EventEmitter } from 'node:events';
import { Buffer } from 'node:buffer';
import type { PodManifest } from '../../domain/pod-manifest.js';
import {
  NoRoom,
  PodRefused,
  PodRuntime,
  type PodChange,
  type PodEvent,
  type PodFiles,
  type PodObservation,
  type PodSecret,
} from '../../ports/pod-runtime.js';
import { KubernetesError, type KubernetesClient } from './kubernetes-client.js';
import { configMapsUsed, eventOf, observationOf, type RawEvent, type RawPod } from './kubernetes-pod.js';
import { provideSecret } from './kubernetes-secret.js';
import { KubernetesWatch } from './kubernetes-watch.js';

/** A list without what the ConfigMaps hold: that of a few hundred archives would not fit into any answer. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const SELECTOR = 'app.kubernetes.io/managed-by=sidescan';
/** A ConfigMap older than this is made anew before it is used, since unused ones are removed after twice that time. */
const REFRESH_FILES_MS = 30 * 60_000;
const REMOVE_WITHIN_MS = 15_000;
const REMOVE_LOOK_MS = 2_000;

interface RawConfigMap {
  metadata: { name: string; uid: string; creationTimestamp: string };
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

/** Scan pods in one namespace of a cluster. Needs the rights of k8s/base/worker-role.yaml and no others. */
export class KubernetesPodRuntime extends PodRuntime {
  readonly #gone = new EventEmitter().setMaxListeners(0);

  constructor(
    private readonly client: KubernetesClient,
    private readonly namespace: string,
  ) {
    super();
  }

  async provide(files: PodFiles): Promise<void> {
    const labels = { ...files.labels, 'app.kubernetes.io/managed-by': 'sidescan' };
    const binaryData = Object.fromEntries(
      Object.entries(files.files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
    );
    const body = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: files.name, labels },
      immutable: true,
      binaryData,
    };
    for (let tries = 0; tries < 3; tries++) {
      try {
        await this.client.bytes({ method: 'POST', path: this.#path('configmaps'), body });
        return;
      } catch (error) {
        if (!is(error, 409)) throw refused(error);
        if (!(await this.#removeFilesOlderThan(files.name, REFRESH_FILES_MS))) return;
      }
    }
  }

  async readFiles(name: string): Promise<Readonly<Record<string, Uint8Array>> | null> {
    const map = await orNull(this.client.json<RawConfigMap>({ path: this.#path('configmaps', name) }));
    if (!map) return null;
    const text = Object.entries(map.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'utf8')] as const);
    const binary = Object.entries(map.binaryData ?? {}).map(
      ([key, value]) => [key, Buffer.from(value, 'base64')] as const,
    );
    return Object.fromEntries([...text, ...binary]);
  }

  async removeUnusedFiles(before: Date): Promise<string[]> {
    const maps = await this.client.json<{ items: Pick<RawConfigMap, 'metadata'>[] }>({
      path: this.#path('configmaps'),
      query: { labelSelector: SELECTOR },
      accept: METADATA_ONLY,
    });
    const pods = await this.#pods();
    const used = new Set(pods.flatMap(configMapsUsed));
    const old = maps.items.filter(
      ({ metadata }) => new Date(metadata.creationTimestamp) < before && !used.has(metadata.name),
    );
    for (const { metadata } of old) await this.#deleteFiles(metadata.name, metadata.uid);
    return old.map(({ metadata }) => metadata.name);
  }

  async create(manifest: PodManifest, secret?: PodSecret): Promise<'created' | 'exists'> {
    try {
      const { uid, fresh } = await this.#createPod(manifest);
      // After the pod, which waits for what it mounts: the Secret is owned by it, so that none is ever left behind.
      if (secret) await provideSecret(this.client, this.#path('secrets'), manifest, { uid, fresh }, secret);
      return fresh ? 'created' : 'exists';
    } catch (error) {
      throw refused(error);
    }
  }

  async watch(onChange: (change: PodChange) => void, signal: AbortSignal): Promise<void> {
    const tell = (change: PodChange) => {
      if (change.kind === 'gone') this.#gone.emit(change.name);
      onChange(change);
    };
    await new KubernetesWatch(this.client, this.#path('pods'), SELECTOR, tell).run(signal);
  }

  async list(): Promise<PodObservation[]> {
    return (await this.#pods()).map(observationOf);
  }

  async get(name: string): Promise<PodObservation | null> {
    const pod = await orNull(this.client.json<RawPod>({ path: this.#path('pods', name) }));
    return pod && pod.metadata.labels?.['app.kubernetes.io/managed-by'] === 'sidescan' ? observationOf(pod) : null;
  }

  async log(name: string, container: string, limit: { maxBytes: number; tailLines?: number }): Promise<Buffer | null> {
    const query = { container, limitBytes: limit.maxBytes, tailLines: limit.tailLines };
    try {
      return await this.client.bytes({ path: `${this.#path('pods', name)}/log`, query, maxBytes: limit.maxBytes });
    } catch (error) {
      // 400: the container has not started, or there is none of that name.
      if (is(error, 400) || is(error, 404)) return null;
      throw error;
    }
  }

  async events(name: string): Promise<PodEvent[]> {
    const fieldSelector = `involvedObject.kind=Pod,involvedObject.name=${name}`;
    const events = await this.client.json<{ items: RawEvent[] }>({
      path: this.#path('events'),
      query: { fieldSelector },
    });
    return events.items.map(eventOf).sort((a, b) => (a.at?.getTime() ?? 0) - (b.at?.getTime() ?? 0));
  }

  async remove(name: string): Promise<'gone' | 'going'> {
    const until = Date.now() + REMOVE_WITHIN_MS;
    const pod = await this.get(name);
    if (!pod) return 'gone';
    // Listening before asking: the watch may see the end before the answer arrives.
    const seenGone = new AbortController();
    const onGone = () => seenGone.abort();
    this.#gone.once(name, onGone);
    try {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 1, preconditions: { uid: pod.uid } };
      await orNull(this.client.bytes({ method: 'DELETE', path: this.#path('pods', name), body }));
      while (!seenGone.signal.aborted && Date.now() < until) {
        await waitFor(seenGone.signal, REMOVE_LOOK_MS);
        if (!seenGone.signal.aborted && (await this.get(name))?.uid !== pod.uid) return 'gone';
      }
      return seenGone.signal.aborted ? 'gone' : 'going';
    } finally {
      this.#gone.off(name, onGone);
    }
  }

  async check(): Promise<void> {
    await this.client.bytes({ path: this.#path('pods'), query: { limit: 1, labelSelector: SELECTOR } });
  }

  override close(): void {
    this.client.close();
  }

  #path(kind: string, name?: string): string {
    const collection = `/api/v1/namespaces/${encodeURIComponent(this.namespace)}/${kind}`;
    return name === undefined ? collection : `${collection}/${encodeURIComponent(name)}`;
  }

  async #createPod(manifest: PodManifest): Promise<{ uid: string; fresh: boolean }> {
    const body = { ...manifest, metadata: { ...manifest.metadata, namespace: this.namespace } };
    try {
      const pod = await this.client.json<RawPod>({ method: 'POST', path: this.#path('pods'), body });
      return { uid: pod.metadata.uid, fresh: true };
    } catch (error) {
      const found = is(error, 409) ? await this.get(manifest.metadata.name) : null;
      if (!found) throw error;
      return { uid: found.uid, fresh: false };
    }
  }

  async #pods(): Promise<RawPod[]> {
    return (
      await this.client.json<{ items: RawPod[] }>({ path: this.#path('pods'), query: { labelSelector: SELECTOR } })
    ).items;
  }

  async #removeFilesOlderThan(name: string, ms: number): Promise<boolean> {
    const map = await orNull(this.client.json<RawConfigMap>({ path: this.#path('configmaps', name) }));
    if (!map) return true;
    if (Date.now() - new Date(map.metadata.creationTimestamp).getTime() < ms) return false;
    await this.#deleteFiles(name, map.metadata.uid);
    return true;
  }

  /** Deletes exactly the ConfigMap that was looked at: one that was made anew since then stays (409). */
  async #deleteFiles(name: string, uid: string): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
    await this.client
      .bytes({ method: 'DELETE', path: this.#path('configmaps', name), body })
      .catch((error: unknown) => {
        if (!is(error, 404) && !is(error, 409)) throw error;
      });
  }
}

function is(error: unknown, status: number): boolean {
  return error instanceof KubernetesError && error.status === status;
}

async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (is(error, 404) || is(error, 409)) return null;
    throw error;
  }
}

/** 400, 403, 404 (no such namespace), 413 and 422 are about what was asked; a quota that is used up and anything else may pass. */
function refused(error: unknown): unknown {
  if (is(error, 403) && /exceeded quota/i.test((error as KubernetesError).message))
    return new NoRoom((error as KubernetesError).message);
  return error instanceof KubernetesError && [400, 403, 404, 413, 422].includes(error.status)
    ? new PodRefused(error.message)
    : error;
}

function waitFor(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done);
  });
}

import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';
import { secretOf, type PodManifest } from '../../domain/pod-manifest.js';
import type { PodSecret } from '../../ports/pod-runtime.js';
import { KubernetesError, type KubernetesClient } from './kubernetes-client.js';

/** So long a Secret of a former pod of the same name may take to disappear after it. */
const FORMER_GONE_MS = 5_000;
const LOOK_MS = 250;

/**
 * Makes the Secret that a pod mounts, owned by that pod: the cluster removes it with its pod, whoever is left to ask for it. So a worker needs the
 * right to create Secrets and no other on them: it can read, list and delete none. `fresh`: the pod was made just now.
 */
export async function provideSecret(
  client: KubernetesClient,
  path: string,
  manifest: PodManifest,
  pod: { uid: string; fresh: boolean },
  files: PodSecret,
): Promise<void> {
  const mounted = secretOf(manifest);
  if (!mounted) throw new Error(`The pod ${manifest.metadata.name} mounts no Secret`);
  const owner = { apiVersion: 'v1', kind: 'Pod', name: manifest.metadata.name, uid: pod.uid };
  const data = Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
  );
  const metadata = { name: mounted.name, labels: manifest.metadata.labels, ownerReferences: [owner] };
  const body = { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata, immutable: true, data };
  const until = Date.now() + (pod.fresh ? FORMER_GONE_MS : 0);
  for (;;) {
    try {
      await client.bytes({ method: 'POST', path, body });
      return;
    } catch (error) {
      if (!(error instanceof KubernetesError) || error.status !== 409) throw error;
      // There is one: this pod's own, or that of a former pod of its name, which the cluster is about to remove.
      if (Date.now() >= until) return;
      await sleep(LOOK_MS);
    }
  }
}

import { stringify } from 'yaml';
import type { PodManifest, PodVolume } from '../../domain/pod-manifest.js';

export const MANAGED = 'app.kubernetes.io/managed-by=sidescan';
/** Seconds since 1970 at which the pod is to end: podman has no activeDeadlineSeconds, so whoever watches enforces it. */
export const DEADLINE_LABEL = 'sidescan.dev/deadline';
/** Podman has no namespaces: with this label two installations on one machine leave each other's pods alone. */
export const NAMESPACE_LABEL = 'sidescan.dev/namespace';

/**
 * The YAML for `podman kube play`: the manifest as a cluster gets it, and the ConfigMaps that it mounts. Podman makes a named volume of every emptyDir and
 * ConfigMap, so two pods that both call one `work` would share it: their names get the pod's in front. `now` in milliseconds.
 */
export function kubePlayYaml(
  manifest: PodManifest,
  files: (name: string) => Readonly<Record<string, Uint8Array>> | undefined,
  now: number,
): string {
  const { name } = manifest.metadata;
  const own = (of: string) => `${name}-${of}`;
  const deadline = Math.ceil(now / 1000) + manifest.spec.activeDeadlineSeconds;
  const pod: PodManifest = {
    ...manifest,
    metadata: { ...manifest.metadata, labels: { ...manifest.metadata.labels, [DEADLINE_LABEL]: String(deadline) } },
    spec: {
      ...manifest.spec,
      volumes: manifest.spec.volumes.map((volume) => renamed(volume, own)),
      initContainers: manifest.spec.initContainers.map((container) => mounted(container, own)),
      containers: manifest.spec.containers.map((container) => mounted(container, own)),
    },
  };
  const maps = manifest.spec.volumes.flatMap((volume) => ('configMap' in volume ? [volume.configMap.name] : []));
  const documents = [...new Set(maps)].flatMap((map) => {
    const held = files(map);
    return held ? [configMap(own(map), held)] : [];
  });
  return [...documents, pod].map((document) => stringify(document, { aliasDuplicateObjects: false })).join('---\n');
}

function renamed(volume: PodVolume, own: (of: string) => string): PodVolume {
  if ('emptyDir' in volume) return { ...volume, name: own(volume.name) };
  return { name: own(volume.name), configMap: { ...volume.configMap, name: own(volume.configMap.name) } };
}

function mounted<C extends PodManifest['spec']['containers'][number]>(container: C, own: (of: string) => string): C {
  return { ...container, volumeMounts: container.volumeMounts.map((mount) => ({ ...mount, name: own(mount.name) })) };
}

function configMap(name: string, files: Readonly<Record<string, Uint8Array>>): Record<string, unknown> {
  const binaryData = Object.fromEntries(
    Object.entries(files).map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')]),
  );
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, binaryData };
}

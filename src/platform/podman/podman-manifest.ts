import { stringify } from 'yaml';
import { configMapsOf, type PodManifest, type PodVolume } from '../../domain/pod-manifest.js';
import type { PodSecret } from '../../ports/pod-runtime.js';

export const MANAGED = 'app.kubernetes.io/managed-by=sidescan';
/** Seconds since 1970 at which the pod is to end: podman has no activeDeadlineSeconds, so whoever watches enforces it. */
export const DEADLINE_LABEL = 'sidescan.dev/deadline';
/** Podman has no namespaces: with this label two installations on one machine leave each other's pods alone. */
export const NAMESPACE_LABEL = 'sidescan.dev/namespace';

/** The files of a ConfigMap by its name. */
type Files = (name: string) => Readonly<Record<string, Uint8Array>> | undefined;

/**
 * The YAML for `podman kube play`: the manifest as a cluster gets it, and the ConfigMaps that it mounts. Podman makes a named volume of every emptyDir and
 * ConfigMap, so two pods that both call one `work` would share it: their names get the pod's in front. `now` in milliseconds.
 */
export function kubePlayYaml(manifest: PodManifest, files: Files, now: number, secret?: PodSecret): string {
  const { name } = manifest.metadata;
  const own = (of: string) => `${name}-${of}`;
  const deadline = Math.ceil(now / 1000) + manifest.spec.activeDeadlineSeconds;
  const pod: PodManifest = {
    ...manifest,
    metadata: { ...manifest.metadata, labels: { ...manifest.metadata.labels, [DEADLINE_LABEL]: String(deadline) } },
    spec: {
      ...manifest.spec,
      volumes: manifest.spec.volumes.map((volume) => renamed(volume, own, secret)),
      initContainers: manifest.spec.initContainers.map((container) => mounted(container, own)),
      containers: manifest.spec.containers.map((container) => mounted(container, own)),
    },
  };
  const documents = manifest.spec.volumes.flatMap((volume) => {
    const held = 'secret' in volume ? secret : filesOf(volume, files);
    return held ? [configMap(own(volume.name), held)] : [];
  });
  return [...documents, pod].map((document) => stringify(document, { aliasDuplicateObjects: false })).join('---\n');
}

/** Podman knows no projected volumes (and its ConfigMaps may have any size): one ConfigMap a volume holds the files of all of its sources. */
function renamed(volume: PodVolume, own: (of: string) => string, secret?: PodSecret): PodVolume {
  if ('emptyDir' in volume) return { ...volume, name: own(volume.name) };
  // Only root reads podman's volumes on this machine, and a pod's go with it: a Secret would be kept beside them, by hand.
  if ('secret' in volume) {
    const items = Object.keys(secret ?? {}).map((key) => ({ key, path: key }));
    return {
      name: own(volume.name),
      configMap: { name: own(volume.name), items, defaultMode: volume.secret.defaultMode },
    };
  }
  const items = configMapsOf(volume).flatMap((map) => map.items.map(({ path }) => ({ key: path, path })));
  const { defaultMode } = 'projected' in volume ? volume.projected : volume.configMap;
  return { name: own(volume.name), configMap: { name: own(volume.name), items, defaultMode } };
}

/** What the volume shows, by path; null for one that is made of no ConfigMap. */
function filesOf(volume: PodVolume, files: Files): Record<string, Uint8Array> | null {
  const maps = configMapsOf(volume);
  if (maps.length === 0) return null;
  const found = maps.flatMap(({ name, items }) =>
    items.flatMap(({ key, path }) => {
      const bytes = files(name)?.[key];
      return bytes ? [[path, bytes] as const] : [];
    }),
  );
  return Object.fromEntries(found);
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

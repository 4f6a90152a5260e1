/** The part of a Kubernetes pod that Sidescan writes: plain data, so that the same manifest goes to a cluster and to `podman kube play`. */
export interface PodManifest {
  apiVersion: 'v1';
  kind: 'Pod';
  metadata: { name: string; namespace: string; labels: Record<string, string>; annotations: Record<string, string> };
  spec: {
    restartPolicy: 'Never';
    shareProcessNamespace: boolean;
    automountServiceAccountToken: false;
    enableServiceLinks: false;
    dnsPolicy: 'Default';
    serviceAccountName?: string;
    activeDeadlineSeconds: number;
    terminationGracePeriodSeconds: number;
    securityContext: Record<string, unknown>;
    imagePullSecrets?: { name: string }[];
    initContainers: PodContainer[];
    containers: PodContainer[];
    volumes: PodVolume[];
  };
}

export interface PodContainer {
  name: string;
  image: string;
  imagePullPolicy: 'IfNotPresent' | 'Always' | 'Never';
  command?: string[];
  args?: string[];
  workingDir?: string;
  env?: { name: string; value?: string; valueFrom?: { fieldRef: { fieldPath: string } } }[];
  resources: { requests?: Record<string, string>; limits?: Record<string, string> };
  securityContext: Record<string, unknown>;
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean; subPath?: string }[];
  terminationMessagePath?: string;
  terminationMessagePolicy?: 'File';
}

/** Some files of a ConfigMap: its keys, and their paths in the volume. */
export interface ConfigMapFiles {
  name: string;
  items: { key: string; path: string }[];
}

export type PodVolume =
  | { name: string; emptyDir: { sizeLimit?: string; medium?: 'Memory' } }
  | { name: string; secret: { secretName: string; defaultMode?: number } }
  | { name: string; configMap: ConfigMapFiles & { defaultMode?: number } }
  | { name: string; projected: { defaultMode?: number; sources: { configMap: ConfigMapFiles }[] } };

/** The one Secret that a pod mounts, or null: the name of its volume, and its own. */
export function secretOf(manifest: PodManifest): { volume: string; name: string } | null {
  const volume = manifest.spec.volumes.find((one) => 'secret' in one);
  return volume && 'secret' in volume ? { volume: volume.name, name: volume.secret.secretName } : null;
}

/** The ConfigMaps that a volume is made of, with the files of each. */
export function configMapsOf(volume: PodVolume): ConfigMapFiles[] {
  if ('configMap' in volume) return [volume.configMap];
  return 'projected' in volume ? volume.projected.sources.map((source) => source.configMap) : [];
}

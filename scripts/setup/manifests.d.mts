import type { KubeConfig, KubernetesObject } from '@kubernetes/client-node';

export function readManifests(
  folder: string,
  namespace: string,
  serviceNamespace?: string,
): Promise<KubernetesObject[]>;
export function applyManifests(config: KubeConfig, objects: readonly KubernetesObject[]): Promise<void>;

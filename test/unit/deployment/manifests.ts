import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesObject, V1Container, V1PodTemplateSpec } from '@kubernetes/client-node';
import { parse, parseAllDocuments } from 'yaml';
import type { NetworkPolicy, Peer } from './network-rules.js';

const K8S = join(import.meta.dirname, '../../../k8s');

export interface Workload extends KubernetesObject {
  metadata: { name: string; namespace: string };
  spec: { replicas: number; selector: { matchLabels: Record<string, string> }; template: V1PodTemplateSpec };
}

/** All objects of a folder of k8s/ and of those that it builds on, in their namespaces; patches are left out. */
export function manifestsOf(folder: string, inherited?: string): KubernetesObject[] {
  const dir = join(K8S, folder);
  const kustomization = parse(readFileSync(join(dir, 'kustomization.yaml'), 'utf8')) as {
    namespace?: string;
    resources: string[];
  };
  const namespace = inherited ?? kustomization.namespace;
  return kustomization.resources.flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(K8S, path)).isDirectory()) return manifestsOf(path, namespace);
    return documents(path).map((object) => {
      if (object.kind !== 'Namespace' && namespace !== undefined) object.metadata = { ...object.metadata, namespace };
      return object;
    });
  });
}

/** The objects of one file of k8s/. */
export function documents(file: string): KubernetesObject[] {
  return parseAllDocuments(readFileSync(join(K8S, file), 'utf8'), { merge: true }).map(
    (document) => document.toJS() as KubernetesObject,
  );
}

export function ofKind<T extends KubernetesObject>(objects: readonly KubernetesObject[], ...kinds: string[]): T[] {
  return objects.filter(({ kind }) => kinds.includes(kind ?? '')) as T[];
}

export function workloads(objects: readonly KubernetesObject[]): Workload[] {
  return ofKind<Workload>(objects, 'Deployment', 'StatefulSet');
}

export function policies(objects: readonly KubernetesObject[]): NetworkPolicy[] {
  return ofKind<KubernetesObject & NetworkPolicy>(objects, 'NetworkPolicy');
}

/** The pods of a workload as network policies see them. */
export function peer({ metadata, spec }: Workload): Peer & { ports: Record<string, number> } {
  const containers: V1Container[] = spec.template.spec?.containers ?? [];
  const ports = containers.flatMap((one) => one.ports ?? []).map((one) => [one.name ?? '', one.containerPort]);
  return {
    namespace: metadata.namespace,
    labels: spec.template.metadata?.labels ?? {},
    ports: Object.fromEntries(ports) as Record<string, number>,
  };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

/**
 * The objects of one folder of k8s/ (its kustomization.yaml lists files and a namespace), in another namespace. For what is
 * set up from here: the kubectl that Debian has is too old for the kustomizations of today. `serviceNamespace`: where the
 * accounts are that a role is bound to.
 */
export async function readManifests(folder, namespace, serviceNamespace = namespace) {
  const { parse, parseAllDocuments } = await import('yaml');
  const dir = join(ROOT, 'k8s', folder);
  const { resources } = parse(readFileSync(join(dir, 'kustomization.yaml'), 'utf8'));
  const documents = resources.flatMap((file) =>
    parseAllDocuments(readFileSync(join(dir, file), 'utf8'), { merge: true }),
  );
  return documents.map((document) => {
    const object = document.toJS();
    if (object.kind === 'Namespace') object.metadata.name = namespace;
    else object.metadata.namespace = namespace;
    for (const subject of object.subjects ?? []) subject.namespace = serviceNamespace;
    return object;
  });
}

/** Creates the objects; one that is there already gets what the manifest says of it. */
export async function applyManifests(config, objects) {
  const { KubernetesObjectApi, PatchStrategy } = await import('@kubernetes/client-node');
  const api = KubernetesObjectApi.makeApiClient(config);
  for (const object of objects) {
    try {
      await api.create(object);
    } catch (error) {
      if (error.code !== 409) throw error;
      await api.patch(object, undefined, undefined, 'sidescan', undefined, PatchStrategy.MergePatch);
    }
  }
}

import type { Config } from '../config/config.js';
import type { PodRuntime } from '../ports/pod-runtime.js';
import { KubernetesClient, loadKubeConfig } from './kubernetes/kubernetes-client.js';
import { KubernetesPodRuntime } from './kubernetes/kubernetes-pod-runtime.js';
import { PodmanPodRuntime } from './podman/podman-pod-runtime.js';

/** The engine that the configuration asks for; nothing is called before its first use. */
export function openPodRuntime(config: Pick<Config, 'runtime' | 'kubeconfig' | 'namespace'>): PodRuntime {
  switch (config.runtime) {
    case 'kubernetes': {
      const load = () => loadKubeConfig(config.kubeconfig);
      return new KubernetesPodRuntime(new KubernetesClient(load(), load), config.namespace);
    }
    case 'podman':
      return new PodmanPodRuntime(config.namespace);
  }
}

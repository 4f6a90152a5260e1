import { KubernetesClient, loadKubeConfig } from '../../src/platform/kubernetes/kubernetes-client.js';
import { KubernetesPodRuntime } from '../../src/platform/kubernetes/kubernetes-pod-runtime.js';
import { startCluster } from '../support/cluster.js';
import { testImage } from '../support/images.js';
import { podRuntimeContract, PROGRAMS } from './pod-runtime.contract.js';

// As the worker's service account and with no other rights: the same calls as in production.
podRuntimeContract('kubernetes', async () => {
  const cluster = await startCluster();
  return {
    runtime: new KubernetesPodRuntime(
      new KubernetesClient(loadKubeConfig(cluster.workerKubeconfig)),
      cluster.scanNamespace,
    ),
    namespace: cluster.scanNamespace,
    image: testImage('debian-planted'),
    missingImage: 'localhost:5000/sidescan-nonsuch:1',
    command: (program) => ['/bin/sh', '-c', `PATH=/usr/bin:/bin; export PATH; ${PROGRAMS[program]}`],
    isolates: true,
    end: () => cluster.remove(),
  };
});

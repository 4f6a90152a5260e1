import { setTimeout as sleep } from 'node:timers/promises';
import { KubernetesClient, loadKubeConfig } from '../../src/platform/kubernetes/kubernetes-client.js';
import { KubernetesPodRuntime } from '../../src/platform/kubernetes/kubernetes-pod-runtime.js';
import { ClusterView } from '../e2e/cluster-view.js';
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
    secretMode: '440',
    secretsOf: async (pod) => {
      const admin = new ClusterView(cluster.adminKubeconfig, cluster.scanNamespace);
      for (const end = Date.now() + 60_000; ; await sleep(500)) {
        const names = (await admin.secrets()).filter((name) => name.startsWith(pod));
        if (names.length === 0 || Date.now() > end) return names;
      }
    },
    end: () => cluster.remove(),
  };
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreV1Api, KubeConfig, type KubernetesObject } from '@kubernetes/client-node';
import { applyManifests, readManifests } from '../../scripts/setup/manifests.mjs';
import { uniqueName } from './services.js';

export type Account = 'worker' | 'api' | 'scan pods';

/** The cluster of KUBECONFIG with an installation of `k8s/base` of a test's own: both namespaces with a suffix, no replicas of API and worker. */
export interface TestCluster {
  /** Namespace of the scan pods, and that of the service. */
  scanNamespace: string;
  namespace: string;
  /** Admin of the cluster: for looking from outside, never for the service. */
  adminKubeconfig: string;
  /** A kubeconfig with a token of the worker's service account and nothing else. */
  workerKubeconfig: string;
  /** The same for another account of `k8s/base`. */
  kubeconfigOf(account: Account): Promise<string>;
  remove(): Promise<void>;
}

/** Installs; fails, and does not skip, without a cluster. */
export async function startCluster(): Promise<TestCluster> {
  const adminKubeconfig = process.env.KUBECONFIG;
  if (!adminKubeconfig) throw new Error('KUBECONFIG is not set: the e2e tests need a cluster');
  const suffix = uniqueName();
  const namespace = `sidescan-${suffix}`;
  const scanNamespace = `sidescan-scans-${suffix}`;
  const dir = mkdtempSync(join(tmpdir(), 'sidescan-cluster-'));
  const config = new KubeConfig();
  config.loadFromFile(adminKubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  await applyManifests(config, await installation(namespace, scanNamespace));
  const kubeconfigOf = async (account: Account): Promise<string> => {
    const [name, where] = account === 'scan pods' ? ['default', scanNamespace] : [`sidescan-${account}`, namespace];
    const body = { spec: { audiences: [], expirationSeconds: 4 * 3600 } };
    const { status } = await core.createNamespacedServiceAccountToken({ name, namespace: where, body });
    const file = join(dir, `${account.replace(' ', '-')}.kubeconfig`);
    writeFileSync(file, JSON.stringify(kubeconfig(config, status?.token ?? '')), { mode: 0o600 });
    return file;
  };
  return {
    namespace,
    scanNamespace,
    adminKubeconfig,
    workerKubeconfig: await kubeconfigOf('worker'),
    kubeconfigOf,
    remove: async () => {
      await Promise.all([scanNamespace, namespace].map((name) => core.deleteNamespace({ name })));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** All of k8s/base, with no replicas: the tests start API and worker themselves. */
async function installation(namespace: string, scanNamespace: string): Promise<KubernetesObject[]> {
  const service = await readManifests('base/service', namespace);
  for (const object of service as (KubernetesObject & { spec?: { replicas?: number } })[]) {
    if (object.kind === 'Deployment' && object.spec) object.spec.replicas = 0;
  }
  return [...service, ...(await readManifests('base/scans', scanNamespace, namespace))];
}

function kubeconfig(admin: KubeConfig, token: string): unknown {
  const cluster = admin.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig of KUBECONFIG names no cluster');
  const authority =
    cluster.caData === undefined
      ? { 'certificate-authority': cluster.caFile }
      : { 'certificate-authority-data': cluster.caData };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster.name, cluster: { server: cluster.server, ...authority } }],
    users: [{ name: 'account', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: cluster.name, user: 'account' } }],
    'current-context': 'test',
  };
}

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { uniqueName } from './services.js';

const run = promisify(execFile);
const BASE = join(import.meta.dirname, '../../k8s/base');

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
  const kubectl = async (...args: string[]): Promise<string> => {
    const { stdout } = await run('kubectl', ['--kubeconfig', adminKubeconfig, ...args], {
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  };
  writeOverlay(dir, namespace, scanNamespace);
  await kubectl('apply', '-k', dir);
  const kubeconfigOf = async (account: Account): Promise<string> => {
    const [name, where] = account === 'scan pods' ? ['default', scanNamespace] : [`sidescan-${account}`, namespace];
    const token = (await kubectl('create', 'token', name, '--namespace', where, '--duration', '4h')).trim();
    const view = JSON.parse(await kubectl('config', 'view', '--raw', '--minify', '-o', 'json')) as {
      clusters: unknown[];
    };
    const file = join(dir, `${account.replace(' ', '-')}.kubeconfig`);
    writeFileSync(file, JSON.stringify(kubeconfig(view.clusters, token)), { mode: 0o600 });
    return file;
  };
  return {
    namespace,
    scanNamespace,
    adminKubeconfig,
    workerKubeconfig: await kubeconfigOf('worker'),
    kubeconfigOf,
    remove: async () => {
      await kubectl('delete', 'namespace', scanNamespace, namespace, '--wait=false');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function writeOverlay(dir: string, namespace: string, scanNamespace: string): void {
  const write = (folder: string, kustomization: unknown) => {
    mkdirSync(join(dir, folder), { recursive: true });
    writeFileSync(join(dir, folder, 'kustomization.yaml'), JSON.stringify(kustomization));
  };
  const from = (folder: string) => relative(join(dir, folder), join(BASE, folder));
  const subject = [{ op: 'replace', path: '/subjects/0/namespace', value: namespace }];
  write('scans', {
    namespace: scanNamespace,
    resources: [from('scans')],
    patches: [{ target: { kind: 'RoleBinding' }, patch: JSON.stringify(subject) }],
  });
  const replicas = ['api', 'worker'].map((name) => ({ name, count: 0 }));
  write('service', { namespace, resources: [from('service')], replicas });
  write('.', { resources: ['scans', 'service'] });
}

function kubeconfig(clusters: unknown[], token: string): unknown {
  const name = (clusters[0] as { name: string }).name;
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters,
    users: [{ name: 'account', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: name, user: 'account' } }],
    'current-context': 'test',
  };
}

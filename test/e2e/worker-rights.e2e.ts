import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  KubernetesClient,
  KubernetesError,
  loadKubeConfig,
  type Call,
} from '../../src/platform/kubernetes/kubernetes-client.js';
import { startCluster, type Account, type TestCluster } from '../support/cluster.js';

type Method = NonNullable<Call['method']>;

// Real calls with real tokens of the accounts of k8s/base: 403 is what the API server says, not what a manifest promises.
describe('the rights of the service accounts', () => {
  let cluster: TestCluster;
  const clients = new Map<Account, KubernetesClient>();

  beforeAll(async () => {
    cluster = await startCluster();
    for (const account of ['worker', 'api', 'scan pods'] as const) {
      clients.set(account, new KubernetesClient(loadKubeConfig(await cluster.kubeconfigOf(account))));
    }
  });
  afterAll(async () => {
    clients.forEach((client) => client.close());
    await cluster?.remove();
  });

  async function statusOf(account: Account, method: Method, path: string, body?: unknown): Promise<number> {
    const at = path.replace('{scans}', cluster.scanNamespace).replace('{service}', cluster.namespace);
    try {
      await clients.get(account)?.bytes({ method, path: at, body });
      return 200;
    } catch (error) {
      if (error instanceof KubernetesError) return error.status;
      throw error;
    }
  }

  const pod = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      automountServiceAccountToken: false,
      containers: [{ name: 'c', image: 'localhost/none:1', imagePullPolicy: 'Never' }],
    },
  });
  const named = (kind: string, apiVersion = 'v1') => ({ apiVersion, kind, metadata: { name: 'rights' } });
  const SCANS = '/api/v1/namespaces/{scans}';

  it('lets the worker do what it needs in the scan namespace', async () => {
    expect(await statusOf('worker', 'POST', `${SCANS}/pods`, pod('rights'))).toBe(200);
    expect(await statusOf('worker', 'GET', `${SCANS}/pods`)).toBe(200);
    expect(await statusOf('worker', 'GET', `${SCANS}/pods/rights`)).toBe(200);
    expect(await statusOf('worker', 'GET', `${SCANS}/events`)).toBe(200);
    expect([200, 400]).toContain(await statusOf('worker', 'GET', `${SCANS}/pods/rights/log`)); // 400: it has not started
    expect(await statusOf('worker', 'POST', `${SCANS}/configmaps`, named('ConfigMap'))).toBe(200);
    expect(await statusOf('worker', 'GET', `${SCANS}/configmaps/rights`)).toBe(200);
    expect(await statusOf('worker', 'GET', `${SCANS}/configmaps`)).toBe(200);
    expect(await statusOf('worker', 'DELETE', `${SCANS}/configmaps/rights`)).toBe(200);
    expect(await statusOf('worker', 'POST', `${SCANS}/secrets`, named('Secret'))).toBe(200);
  });

  const binding = {
    ...named('RoleBinding', 'rbac.authorization.k8s.io/v1'),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
  };
  const FORBIDDEN: [string, Method, string, unknown?][] = [
    ['run commands in a pod', 'POST', `${SCANS}/pods/rights/exec?command=id`, {}],
    ['attach to a pod', 'POST', `${SCANS}/pods/rights/attach`, {}],
    ['forward ports of a pod', 'POST', `${SCANS}/pods/rights/portforward`, {}],
    ['evict a pod', 'POST', `${SCANS}/pods/rights/eviction`, { ...named('Eviction', 'policy/v1beta1') }],
    ['delete all pods at once', 'DELETE', `${SCANS}/pods`],
    ['read secrets of the scan namespace', 'GET', `${SCANS}/secrets`],
    ['read a secret that it made itself', 'GET', `${SCANS}/secrets/rights`],
    ['remove a secret that it made itself', 'DELETE', `${SCANS}/secrets/rights`],
    ['remove all secrets', 'DELETE', `${SCANS}/secrets`],
    ['make secrets in its own namespace', 'POST', '/api/v1/namespaces/{service}/secrets', named('Secret')],
    ['make secrets in another namespace', 'POST', '/api/v1/namespaces/default/secrets', named('Secret')],
    ['read secrets of its own namespace', 'GET', '/api/v1/namespaces/{service}/secrets'],
    ['read its own configuration in the cluster', 'GET', '/api/v1/namespaces/{service}/configmaps/sidescan'],
    ['see pods of its own namespace', 'GET', '/api/v1/namespaces/{service}/pods'],
    ['make pods in its own namespace', 'POST', '/api/v1/namespaces/{service}/pods', pod('elsewhere')],
    ['make pods in another namespace', 'POST', '/api/v1/namespaces/default/pods', pod('elsewhere')],
    ['see pods of another namespace', 'GET', '/api/v1/namespaces/kube-system/pods'],
    ['see all pods', 'GET', '/api/v1/pods'],
    ['see all secrets', 'GET', '/api/v1/secrets'],
    ['see nodes', 'GET', '/api/v1/nodes'],
    ['see namespaces', 'GET', '/api/v1/namespaces'],
    ['make namespaces', 'POST', '/api/v1/namespaces', named('Namespace')],
    [
      'make tokens of accounts',
      'POST',
      `${SCANS}/serviceaccounts/default/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    ],
    ['make accounts', 'POST', `${SCANS}/serviceaccounts`, named('ServiceAccount')],
    ['give itself rights', 'POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/{scans}/rolebindings', binding],
    ['see roles', 'GET', '/apis/rbac.authorization.k8s.io/v1/namespaces/{scans}/roles'],
    ['make deployments', 'POST', '/apis/apps/v1/namespaces/{scans}/deployments', named('Deployment', 'apps/v1')],
    ['make jobs', 'POST', '/apis/batch/v1/namespaces/{scans}/jobs', named('Job', 'batch/v1')],
    ['open the network policy', 'DELETE', '/apis/networking.k8s.io/v1/namespaces/{scans}/networkpolicies/deny-all'],
    ['lift the quota', 'DELETE', `${SCANS}/resourcequotas/scans`],
  ];

  it.each(FORBIDDEN)('does not let the worker %s', async (_, method, path, body) => {
    expect(await statusOf('worker', method, path, body)).toBe(403);
  });

  it.each([
    ['api', 'GET', `${SCANS}/pods`],
    ['api', 'GET', `${SCANS}/configmaps`],
    ['api', 'POST', `${SCANS}/pods`],
    ['api', 'GET', '/api/v1/namespaces/{service}/secrets'],
    ['scan pods', 'GET', `${SCANS}/pods`],
    ['scan pods', 'GET', `${SCANS}/configmaps`],
    ['scan pods', 'GET', `${SCANS}/secrets`],
    ['scan pods', 'POST', `${SCANS}/pods`],
  ] as [Account, Method, string][])('gives the %s account no right to %s %s', async (account, method, path) => {
    expect(await statusOf(account, method, path, method === 'POST' ? pod('elsewhere') : undefined)).toBe(403);
  });
});

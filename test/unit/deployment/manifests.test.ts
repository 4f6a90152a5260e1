import { readdirSync, readFileSync } from 'node:fs';
import type { V1ConfigMap, V1Container, V1ResourceQuota, V1Secret, V1Service } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/config.js';
import type { PodManifest } from '../../../src/domain/pod-manifest.js';
import { scanPod } from '../../../src/execution/scan-pod.js';
import { aScan } from '../../support/factories.js';
import { breaches } from '../execution/pod-security-standards.js';
import { unknownFields } from './known-fields.js';
import { documents, manifestsOf, ofKind, peer, policies, workloads, type Workload } from './manifests.js';
import { mayConnect, type Peer } from './network-rules.js';

const BASE = manifestsOf('base');
const DEV = manifestsOf('overlays/dev');
const EXAMPLE = documents('secret.example.yaml');

const named = (name: string): Workload => workloads(DEV).find((one) => one.metadata.name === name) ?? expect.fail(name);
const containersOf = ({ spec }: Workload): V1Container[] => [
  ...(spec.template.spec?.initContainers ?? []),
  ...(spec.template.spec?.containers ?? []),
];

describe('the manifests', () => {
  it('are all read: what follows looks at what is there', () => {
    expect(BASE.map(({ kind }) => kind).sort()).toEqual([
      ...['ConfigMap', 'Deployment', 'Deployment', 'LimitRange', 'Namespace', 'Namespace', 'NetworkPolicy'],
      ...['NetworkPolicy', 'NetworkPolicy', 'ResourceQuota', 'Role', 'RoleBinding', 'Service', 'ServiceAccount'],
      ...['ServiceAccount', 'ServiceAccount'],
    ]);
    expect(DEV.length).toBeGreaterThan(BASE.length);
  });

  it.each([...DEV, ...EXAMPLE].map((object) => ({ name: `${object.kind} ${object.metadata?.name}`, object })))(
    '$name has only fields that Kubernetes knows, of their types',
    ({ object }) => {
      expect(unknownFields(object)).toEqual([]);
    },
  );

  it('with a field that is misspelt, of another type or in the wrong place is found out', () => {
    const broken = structuredClone(named('api')) as unknown as Record<string, Record<string, unknown>>;
    Object.assign(broken.spec ?? {}, { replica: 2, minReadySeconds: '5', selector: [] });
    expect(unknownFields(broken as never)).toEqual([
      '/spec/selector has to be a V1LabelSelector',
      '/spec/replica is not a field of V1DeploymentSpec',
      '/spec/minReadySeconds has to be a number',
    ]);
  });

  it.each(workloads(DEV).map((one) => [one.metadata.name, one] as const))('%s is inside "restricted"', (_, one) => {
    const { spec } = one.spec.template;
    const metadata = { annotations: {}, ...one.spec.template.metadata };
    const pod = {
      metadata,
      spec: { ...spec, volumes: spec?.volumes ?? [], initContainers: spec?.initContainers ?? [] },
    };
    expect(breaches(pod as unknown as PodManifest, 'restricted')).toEqual([]);
  });

  it.each(workloads(DEV).map((one) => [one.metadata.name, one] as const))('%s selects its own pods', (_, one) => {
    expect(peer(one).labels).toMatchObject(one.spec.selector.matchLabels);
    const others = workloads(DEV).filter((other) => other !== one);
    for (const other of others) expect(peer(other).labels).not.toMatchObject(one.spec.selector.matchLabels);
  });

  it.each(ofKind<V1Service>(DEV, 'Service').map((one) => [one.metadata?.name, one] as const))(
    'the Service %s leads to the pods of that name, and to a port that they have',
    (name, { spec, metadata }) => {
      const behind = workloads(DEV).filter((one) => {
        const { labels, namespace } = peer(one);
        const selector = Object.entries(spec?.selector ?? {});
        return namespace === metadata?.namespace && selector.every(([key, value]) => labels[key] === value);
      });
      expect(behind.map((one) => one.metadata.name)).toEqual([name]);
      for (const { targetPort, port } of spec?.ports ?? [])
        for (const one of behind) {
          const { ports } = peer(one);
          if (typeof targetPort === 'string') expect(ports).toHaveProperty(targetPort);
          else expect(Object.values(ports)).toContain(targetPort ?? port);
        }
    },
  );

  it('bound every container, leave the service no root to write to, and mount no volume that is not there', () => {
    for (const workload of workloads(BASE)) {
      const volumes = (workload.spec.template.spec?.volumes ?? []).map(({ name }) => name);
      for (const container of containersOf(workload)) {
        expect(Object.keys(container.resources?.limits ?? {}).sort()).toEqual(['cpu', 'memory']);
        expect(container.securityContext?.readOnlyRootFilesystem).toBe(true);
        for (const { name } of container.volumeMounts ?? []) expect(volumes).toContain(name);
      }
    }
  });
});

describe('the network policies', () => {
  const api = peer(named('api'));
  const worker = peer(named('worker'));
  const postgres = peer(named('postgres'));
  const redis = peer(named('redis'));
  const stranger: Peer = { namespace: 'elsewhere', labels: { 'app.kubernetes.io/name': 'sidescan' } };
  const scan = aScan();
  const common = { namespace: 'sidescan-scans', scannerImage: 'scanner:1', limits: { reportBytes: 1, logBytes: 1 } };
  const resources = { cpuRequest: '100m', cpuLimit: '1', memoryRequest: '128Mi', memoryLimit: '512Mi' };
  const profile = { parts: [{ configMap: 'p', key: 'p.tar.gz' }], digest: `sha256:${'d'.repeat(64)}` };
  const scanned: Peer = scanPod({ ...common, resources, profile, scan }).metadata;

  it.each([
    ['anybody outside → the API', null, api, 3000, true],
    ['a pod of another namespace → the API', stranger, api, 3000, true],
    ['anybody → another port of the API', null, api, 9229, false],
    ['anybody → the worker', null, worker, 3000, false],
    ['the API → the worker', api, worker, 3000, false],
    ['the API → a database anywhere', api, null, 5432, true],
    ['the API → DNS', api, null, 53, true],
    ['the worker → DNS', worker, null, 53, true],
    ['the worker → the API server', worker, null, 6443, true],
    ['the worker → an object store', worker, null, 443, true],
    ['the API → the overlay’s Postgres', api, postgres, 5432, true],
    ['the worker → the overlay’s Postgres', worker, postgres, 5432, true],
    ['the API → the overlay’s Redis', api, redis, 6379, true],
    ['the worker → the overlay’s Redis', worker, redis, 6379, true],
    ['another namespace → the overlay’s Postgres', stranger, postgres, 5432, false],
    ['the overlay’s Redis → its Postgres', redis, postgres, 5432, false],
    ['a scan pod → the API', scanned, api, 3000, false],
    ['a scan pod → Postgres', scanned, postgres, 5432, false],
    ['a scan pod → DNS', scanned, null, 53, false],
    ['a scan pod → the API server', scanned, null, 6443, false],
    ['a scan pod → another', scanned, scanned, 80, false],
    ['the worker → a scan pod', worker, scanned, 80, false],
    ['anybody → a scan pod', null, scanned, 80, false],
  ] as const)('%s (port %#)', (_, from, to, port, allowed) => {
    expect(mayConnect(policies(DEV), from, to, port)).toBe(allowed);
  });
});

describe('the configuration in the manifests', () => {
  const known = readdirSync(new URL('../../../src/config/', import.meta.url)).flatMap((file) => {
    const text = readFileSync(new URL(`../../../src/config/${file}`, import.meta.url), 'utf8');
    return [...text.matchAll(/'([A-Z][A-Z_]+)'/g)].map(([, name]) => name ?? '');
  });
  const data = ofKind<V1ConfigMap>(BASE, 'ConfigMap')[0]?.data ?? {};
  const patched = { ...data, ...ofKind<V1ConfigMap>(documents('overlays/dev/config.yaml'), 'ConfigMap')[0]?.data };
  const secretOf = (objects: typeof DEV) => ofKind<V1Secret>(objects, 'Secret')[0]?.stringData ?? {};
  const filled = { ...secretOf(EXAMPLE), SIDESCAN_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') };

  it('names variables that the service reads', () => {
    const used = Object.keys({ ...patched, ...secretOf(DEV), ...secretOf(EXAMPLE) });
    expect(used.length).toBeGreaterThan(10);
    expect(used.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('is one that the service takes: the base with the example’s secret filled in, and the overlay as it is', () => {
    const inCluster = loadConfig({ ...data, ...filled });
    expect(inCluster).toMatchObject({ kubeconfig: null, runtime: 'kubernetes', store: { kind: 's3' } });
    expect(loadConfig({ ...patched, ...secretOf(DEV) }).store).toEqual({ kind: 'folder', dir: '/var/lib/sidescan' });
  });

  it('leaves the quota room for every pod and Secret that the worker may make at once', () => {
    const { maxPods, profileReading } = loadConfig({ ...data, ...filled });
    const [quota] = ofKind<V1ResourceQuota>(BASE, 'ResourceQuota');
    expect(Number(quota?.spec?.hard?.pods)).toBeGreaterThan(maxPods + profileReading.maxPods);
    expect(Number(quota?.spec?.hard?.secrets)).toBeGreaterThan(maxPods);
  });

  it('puts the scan pods where the rights, the policy and the quota are', () => {
    const namespaces = ofKind(BASE, 'Role', 'RoleBinding', 'ResourceQuota').map(({ metadata }) => metadata?.namespace);
    expect([...new Set(namespaces)]).toEqual([data.SIDESCAN_NAMESPACE]);
  });
});

import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import type { PodManifest } from '../../../src/domain/pod-manifest.js';
import { scanPod } from '../../../src/execution/scan-pod.js';
import { kubePlayYaml } from '../../../src/platform/podman/podman-manifest.js';
import { aScan } from '../../support/factories.js';

const manifestWith = (parts: { configMap: string; key: string }[], inputsDigest?: string): PodManifest =>
  scanPod({
    inputsDigest,
    scan: aScan({ timeoutSeconds: 100 }),
    profile: { parts, digest: `sha256:${'d'.repeat(64)}` },
    namespace: 'n',
    scannerImage: 'scanner:1',
    resources: { cpuRequest: '1', cpuLimit: '1', memoryRequest: '1Mi', memoryLimit: '1Mi' },
    limits: { reportBytes: 1, logBytes: 1 },
  });
const MANIFEST = manifestWith([{ configMap: 'profile-abc', key: 'p.tar.gz' }]);

describe('the YAML for podman kube play', () => {
  const bytes = Buffer.from([0, 255, 10]);
  const documents = parseAllDocuments(
    kubePlayYaml(MANIFEST, (name) => (name === 'profile-abc' ? { 'p.tar.gz': bytes } : undefined), 5_000),
  ).map((document) => document.toJS() as Record<string, unknown>);
  const pod = documents[1] as unknown as PodManifest;
  const own = MANIFEST.metadata.name;

  it('brings the files with the pod', () => {
    expect(documents).toHaveLength(2);
    expect(documents[0]).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `${own}-profile` },
      binaryData: { 'p.tar.gz': bytes.toString('base64') },
    });
  });

  it('brings the files of the Secret as a ConfigMap of the pod’s own, and no Secret that would stay', () => {
    const manifest = manifestWith([{ configMap: 'profile-abc', key: 'p.tar.gz' }], `sha256:${'e'.repeat(64)}`);
    const made = parseAllDocuments(
      kubePlayYaml(manifest, () => ({ 'p.tar.gz': bytes }), 5_000, { 'inputs.json': bytes }),
    ).map((document) => document.toJS() as Record<string, unknown>);
    const name = `${manifest.metadata.name}-inputs`;
    expect(made.map((document) => document.kind)).toEqual(['ConfigMap', 'ConfigMap', 'Pod']);
    expect(made[1]).toMatchObject({ metadata: { name }, binaryData: { 'inputs.json': bytes.toString('base64') } });
    const items = [{ key: 'inputs.json', path: 'inputs.json' }];
    const volume = { name, configMap: { name, items, defaultMode: 0o440 } };
    expect((made[2] as unknown as PodManifest).spec.volumes).toContainEqual(volume);
  });

  it('makes one ConfigMap of the parts of an archive, since podman knows no projected volumes', () => {
    const held: Record<string, Record<string, Buffer>> = {
      'profile-abc-0of2': { 'p.tar.gz.000': Buffer.from('one'), other: Buffer.from('not asked for') },
      'profile-abc-1of2': { 'p.tar.gz.001': Buffer.from('two') },
    };
    const manifest = manifestWith([
      { configMap: 'profile-abc-0of2', key: 'p.tar.gz.000' },
      { configMap: 'profile-abc-1of2', key: 'p.tar.gz.001' },
    ]);
    const [map, played] = parseAllDocuments(kubePlayYaml(manifest, (name) => held[name], 5_000)).map(
      (document) => document.toJS() as Record<string, unknown>,
    );
    const name = `${manifest.metadata.name}-profile`;
    expect(map).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name },
      binaryData: {
        'p.tar.gz.000': Buffer.from('one').toString('base64'),
        'p.tar.gz.001': Buffer.from('two').toString('base64'),
      },
    });
    const items = ['p.tar.gz.000', 'p.tar.gz.001'].map((key) => ({ key, path: key }));
    expect((played as unknown as PodManifest).spec.volumes).toContainEqual({
      name,
      configMap: { name, items, defaultMode: 0o444 },
    });
  });

  it('gives every volume the pod’s own name, since podman shares volumes of the same name', () => {
    for (const volume of pod.spec.volumes) expect(volume.name.startsWith(`${own}-`)).toBe(true);
    const mounts = [...pod.spec.initContainers, ...pod.spec.containers].flatMap((one) =>
      one.volumeMounts.map((mount) => mount.name),
    );
    expect(new Set(mounts)).toEqual(new Set(pod.spec.volumes.map((volume) => volume.name)));
  });

  it('carries the deadline as a label, and changes nothing else', () => {
    expect(pod.metadata.labels).toEqual({ ...MANIFEST.metadata.labels, 'sidescan.dev/deadline': '165' });
    expect(pod.spec.containers.map((one) => ({ ...one, volumeMounts: [] }))).toEqual(
      MANIFEST.spec.containers.map((one) => ({ ...one, volumeMounts: [] })),
    );
    expect({ ...pod.spec, volumes: [], containers: [], initContainers: [] }).toEqual({
      ...MANIFEST.spec,
      volumes: [],
      containers: [],
      initContainers: [],
    });
  });
});

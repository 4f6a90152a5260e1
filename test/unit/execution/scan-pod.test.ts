import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PodContainer, PodManifest } from '../../../src/domain/pod-manifest.js';
import { newId } from '../../../src/domain/ids.js';
import { scanOfPod, scanPod, scanPodName, type ScanPodInput } from '../../../src/execution/scan-pod.js';
import { SECURITY_MODES, type SecurityMode } from '../../../src/scans/scan.js';
import { aScan, anImageTarget } from '../../support/factories.js';

const INPUT: Omit<ScanPodInput, 'scan'> = {
  profile: {
    parts: [{ configMap: 'profile-abc', key: 'container-baseline.tar.gz' }],
    digest: `sha256:${'d'.repeat(64)}`,
  },
  namespace: 'sidescan-scans',
  scannerImage: 'registry.example/scanner:1',
  resources: { cpuRequest: '100m', cpuLimit: '1', memoryRequest: '128Mi', memoryLimit: '512Mi' },
  limits: { reportBytes: 64 * 1024 * 1024, logBytes: 7 * 1024 * 1024 },
};
const pod = (given: Parameters<typeof aScan>[0] = {}, input: Partial<ScanPodInput> = {}): PodManifest =>
  scanPod({ ...INPUT, ...input, scan: aScan(given) });
const all = ({ spec }: PodManifest): PodContainer[] => [...spec.initContainers, ...spec.containers];
const named = (manifest: PodManifest, name: string): PodContainer =>
  all(manifest).find((one) => one.name === name) ?? expect.fail(`no container ${name}`);
const security = (manifest: PodManifest, name: string) =>
  named(manifest, name).securityContext as {
    capabilities?: { drop?: string[]; add?: string[] };
    runAsUser?: number;
    readOnlyRootFilesystem?: boolean;
  };

describe('the pod of a scan', () => {
  it('has a name that follows from scan and attempt alone, and labels that lead back to them', () => {
    const id = newId('scan');
    const manifest = pod({ id, attempt: 3 });
    expect(manifest.metadata.name).toBe(`scan-${id.slice(5)}-3`);
    expect(manifest.metadata.name).toBe(scanPodName(id, 3));
    expect(manifest.metadata.name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$/);
    expect(manifest.metadata.labels).toMatchObject({
      'app.kubernetes.io/managed-by': 'sidescan',
      'app.kubernetes.io/name': 'sidescan-scan',
      'app.kubernetes.io/component': 'scan',
    });
    expect(scanOfPod(manifest.metadata.labels)).toEqual({ id, attempt: 3 });
    expect(scanOfPod({})).toBeNull();
    expect(scanOfPod({ 'sidescan.dev/scan': id, 'sidescan.dev/attempt': 'x' })).toBeNull();
  });

  it('holds the target with our own program, and runs its entry point only if asked', () => {
    const held = pod();
    expect(named(held, 'target')).toMatchObject({
      command: ['/sidescan/hold'],
      image: 'registry.example/shop/web:1.0',
    });
    expect(named(held, 'target')).not.toHaveProperty('args');
    expect(held.spec.initContainers.map((one) => one.name)).toEqual(['toolbox']);
    const run = pod({ target: anImageTarget({ run: true }) });
    expect(named(run, 'target')).not.toHaveProperty('command');
    expect(run.spec.initContainers).toEqual([]);
    const own = pod({ target: anImageTarget({ run: true, command: ['/app'], args: ['--x'] }) });
    expect(named(own, 'target')).toMatchObject({ command: ['/app'], args: ['--x'] });
  });

  it('lets nothing but the pod’s own folders be written, and the target only into its socket’s', () => {
    const manifest = pod();
    expect(named(manifest, 'target').volumeMounts).toEqual([
      { name: 'toolbox', mountPath: '/sidescan', readOnly: true },
      { name: 'socket', mountPath: '/sidescan/run' },
    ]);
    const writable = named(manifest, 'scanner').volumeMounts.filter((mount) => !mount.readOnly);
    expect(writable.map((mount) => mount.mountPath)).toEqual(['/work', '/tmp']);
    for (const one of all(manifest)) expect(security(manifest, one.name).readOnlyRootFilesystem).toBe(true);
    for (const volume of manifest.spec.volumes)
      if ('emptyDir' in volume) expect(volume.emptyDir.sizeLimit).toMatch(/^\d+Mi$/);
  });

  it('mounts every volume that it has, and has every volume that it mounts', () => {
    for (const run of [true, false]) {
      const manifest = pod({ target: anImageTarget({ run }) });
      const mounted = new Set(all(manifest).flatMap((one) => one.volumeMounts.map((mount) => mount.name)));
      expect(mounted).toEqual(new Set(manifest.spec.volumes.map((volume) => volume.name)));
    }
  });

  it('tells the scanner what to do by its command line (docs/scan-pod.md)', () => {
    const scan = aScan({ timeoutSeconds: 90, allowTargetCommands: ['nginx', '/usr/sbin/sshd'] });
    expect(named(scanPod({ ...INPUT, scan }), 'scanner').command).toEqual([
      ...[
        '/opt/sidescan/bin/scan',
        '--scan',
        scan.id,
        '--attempt',
        '1',
        '--container',
        'target',
        '--proof',
        'hold',
        '--deadline',
        '90',
      ],
      ...['--profile-digest', INPUT.profile.digest, '--max-report-bytes', '67108864', '--max-log-bytes', '7340032'],
      ...['--allow', 'nginx', '--allow', '/usr/sbin/sshd'],
    ]);
    expect(named(pod({ target: anImageTarget({ run: true }) }), 'scanner').command).toContain('process');
    expect(named(pod(), 'scanner').env).toEqual([
      { name: 'HOME', value: '/work' },
      { name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
    ]);
  });

  it('mounts inputs and waivers where the scanner reads them, and nowhere else', () => {
    const inputsDigest = `sha256:${'e'.repeat(64)}`;
    for (const securityMode of SECURITY_MODES) {
      for (const run of [true, false]) {
        const manifest = pod({ securityMode, target: anImageTarget({ run }) }, { inputsDigest });
        const secretName = `${manifest.metadata.name}-inputs`;
        expect(manifest.spec.volumes).toContainEqual({ name: 'inputs', secret: { secretName, defaultMode: 0o440 } });
        const mounts = all(manifest).filter((one) => one.volumeMounts.some((mount) => mount.name === 'inputs'));
        expect(mounts.map((one) => one.name)).toEqual(['scanner']);
        expect(named(manifest, 'scanner').volumeMounts).toContainEqual({
          name: 'inputs',
          mountPath: '/inputs',
          readOnly: true,
        });
        expect(named(manifest, 'scanner').command?.join(' ')).toContain(`--inputs-digest ${inputsDigest}`);
      }
    }
    expect(() => pod({}, { inputsDigest: 'sha256:x' })).toThrow(/digest of inputs/);
    expect(JSON.stringify(pod())).not.toContain('inputs');
  });

  it.each(['--proof', '-x', '$(POD_UID)', 'a b', 'a;b', '', 'ü', `x${'y'.repeat(300)}`])(
    'refuses %j as a program on the command line',
    (program) => {
      expect(() => pod({ allowTargetCommands: [program] })).toThrow(/may not be put on a command line/);
    },
  );

  it('refuses an id or a digest that is none', () => {
    expect(() => pod({ id: '--x' })).toThrow(/scan id/);
    expect(() => pod({}, { profile: { ...INPUT.profile, digest: 'sha256:x' } })).toThrow(/profile digest/);
  });

  it('ends by itself, and has neither token nor service links', () => {
    const { spec } = pod({ timeoutSeconds: 100 });
    expect(spec.activeDeadlineSeconds).toBe(160);
    expect(spec).toMatchObject({
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      shareProcessNamespace: true,
    });
    expect(spec).not.toHaveProperty('hostNetwork');
    expect(spec).not.toHaveProperty('hostPID');
  });

  it('keeps log shippers, meshes and autoscalers away', () => {
    expect(pod().metadata.annotations).toMatchObject({
      'fluentbit.io/exclude': 'true',
      'co.elastic.logs/enabled': 'false',
      'sidecar.istio.io/inject': 'false',
      'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
    });
  });

  it('pulls with the secret that was named, and only then', () => {
    expect(pod({ target: anImageTarget({ pullSecret: 'regcred' }) }).spec.imagePullSecrets).toEqual([
      { name: 'regcred' },
    ]);
    expect(pod().spec).not.toHaveProperty('imagePullSecrets');
  });

  it('bounds cpu, memory and disk of every container, with no request above its limit', () => {
    const size = (quantity: string) =>
      Number.parseFloat(quantity) * ({ m: 1e-3, Mi: 2 ** 20, Gi: 2 ** 30 }[quantity.replace(/^[\d.]+/, '')] ?? 1);
    for (const run of [true, false]) {
      for (const { name, resources } of all(pod({ target: anImageTarget({ run }) }))) {
        for (const kind of ['cpu', 'memory', 'ephemeral-storage']) {
          const [request, limit] = [resources.requests?.[kind] ?? '', resources.limits?.[kind] ?? ''];
          expect.soft(size(limit), `${name} ${kind}`).toBeGreaterThan(0);
          expect.soft(size(request), `${name} ${kind}`).toBeLessThanOrEqual(size(limit));
        }
      }
    }
  });
});

const MODES = fc.record({ securityMode: fc.constantFrom(...SECURITY_MODES), run: fc.boolean() });

describe('the security of the pod (Pod Security Standards, SCANNER modes)', () => {
  const made = (securityMode: SecurityMode, run: boolean) => pod({ securityMode, target: anImageTarget({ run }) });
  const BASELINE = [
    'AUDIT_WRITE',
    'CHOWN',
    'DAC_OVERRIDE',
    'FOWNER',
    'FSETID',
    'KILL',
    'MKNOD',
    'NET_BIND_SERVICE',
    'SETFCAP',
    'SETGID',
    'SETPCAP',
    'SETUID',
    'SYS_CHROOT',
  ];

  it('never gives more in any mode: no privilege escalation, seccomp, no privileged container', () => {
    fc.assert(
      fc.property(MODES, ({ securityMode, run }) => {
        const manifest = made(securityMode, run);
        expect(manifest.spec.securityContext).toMatchObject({ seccompProfile: { type: 'RuntimeDefault' } });
        for (const one of all(manifest)) {
          expect(one.securityContext).toMatchObject({
            allowPrivilegeEscalation: false,
            privileged: false,
            seccompProfile: { type: 'RuntimeDefault' },
          });
          const add = security(manifest, one.name).capabilities?.add ?? [];
          expect(['SYS_PTRACE', 'DAC_READ_SEARCH', 'DAC_OVERRIDE']).toEqual(expect.arrayContaining(add));
        }
      }),
    );
  });

  it('general: the scanner reads everything and writes nothing', () => {
    const reading = { runAsUser: 0, capabilities: { drop: ['ALL'], add: ['DAC_READ_SEARCH'] } };
    expect(security(made('general', false), 'scanner')).toMatchObject(reading);
    expect(security(made('general', true), 'scanner')).toMatchObject({
      runAsUser: 0,
      capabilities: { drop: ['ALL'], add: ['SYS_PTRACE', 'DAC_READ_SEARCH'] },
    });
    expect(security(made('general', false), 'target')).toMatchObject({
      runAsUser: 0,
      capabilities: { drop: ['ALL'], add: ['DAC_READ_SEARCH'] },
    });
    expect(security(made('general', true), 'target')).not.toHaveProperty('runAsUser');
    expect(security(made('general', true), 'target').readOnlyRootFilesystem).toBe(false);
  });

  it.each([true, false])('baseline: inside Pod Security "baseline" (run: %s)', (run) => {
    const manifest = made('baseline', run);
    for (const one of all(manifest))
      expect(BASELINE).toEqual(expect.arrayContaining(security(manifest, one.name).capabilities?.add ?? []));
    for (const volume of manifest.spec.volumes) expect(Object.keys(volume)).not.toContain('hostPath');
  });

  it.each([true, false])('restricted: inside Pod Security "restricted", and all as one user (run: %s)', (run) => {
    const manifest = made('restricted', run);
    const users = all(manifest).map((one) => {
      expect(one.securityContext).toMatchObject({
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
      expect(security(manifest, one.name).capabilities).not.toHaveProperty('add');
      return security(manifest, one.name).runAsUser;
    });
    expect(new Set(users).size).toBe(1);
    expect(users[0]).toBeGreaterThan(0);
    for (const volume of manifest.spec.volumes)
      expect(['emptyDir', 'configMap', 'secret']).toContain(Object.keys(volume).find((key) => key !== 'name'));
  });
});

import { describe, expect, it } from 'vitest';
import type { PodManifest } from '../../../src/domain/pod-manifest.js';
import { profilePod } from '../../../src/execution/profile-pod.js';
import { scanPod } from '../../../src/execution/scan-pod.js';
import { SECURITY_MODES, type SecurityMode } from '../../../src/scans/scan.js';
import { aScan, anImageTarget } from '../../support/factories.js';
import { breaches } from './pod-security-standards.js';

const DIGEST = `sha256:${'d'.repeat(64)}`;
const COMMON = {
  // In parts, with inputs: every kind of volume that a pod of ours can have.
  profile: { parts: ['a', 'b'].map((map, i) => ({ configMap: map, key: `p.tar.gz.00${i}` })), digest: DIGEST },
  namespace: 'n',
  scannerImage: 'scanner:1',
  resources: { cpuRequest: '100m', cpuLimit: '1', memoryRequest: '128Mi', memoryLimit: '512Mi' },
  limits: { reportBytes: 1, logBytes: 1 },
};

function made(securityMode: SecurityMode, run: boolean): PodManifest {
  const target = anImageTarget({ run, pullSecret: 'registry' });
  const scan = aScan({ securityMode, target, allowTargetCommands: ['nginx'] });
  return scanPod({ ...COMMON, scan, inputsDigest: DIGEST });
}

/** A manifest as plain data, with one field of it set or (undefined) taken away. */
function changed(pod: PodManifest, path: (string | number)[], value: unknown): PodManifest {
  const copy = structuredClone(pod);
  const last = path.at(-1) ?? '';
  const holder = path
    .slice(0, -1)
    .reduce<Record<string | number, unknown>>((at, key) => (at[key] ??= {}) as typeof at, copy as never);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return copy;
}

describe('scan pods against the published Pod Security Standards', () => {
  it.each(SECURITY_MODES.flatMap((mode) => [false, true].map((run) => ({ mode, run }))))(
    'mode $mode, run: $run',
    ({ mode, run }) => {
      const pod = made(mode, run);
      if (mode === 'restricted') expect(breaches(pod, 'restricted')).toEqual([]);
      if (mode !== 'general') expect(breaches(pod, 'baseline')).toEqual([]);
      // What general mode takes beyond "baseline" is one control, and only where a container reads what others own.
      const held = run ? [] : ['Capabilities: container target'];
      if (mode === 'general') expect(breaches(pod, 'baseline')).toEqual([...held, 'Capabilities: container scanner']);
    },
  );

  it('the pod that reads a profile is inside "restricted"', () => {
    expect(breaches(profilePod({ ...COMMON, attempt: 1, seconds: 60 }), 'restricted')).toEqual([]);
  });

  const pod = made('restricted', true);
  const broken: [string, 'baseline' | 'restricted', (string | number)[], unknown][] = [
    ['HostProcess', 'baseline', ['spec', 'securityContext', 'windowsOptions'], { hostProcess: true }],
    ['Host Namespaces', 'baseline', ['spec', 'hostPID'], true],
    ['Privileged Containers', 'baseline', ['spec', 'containers', 0, 'securityContext', 'privileged'], true],
    ['Capabilities', 'baseline', ['spec', 'containers', 1, 'securityContext', 'capabilities', 'add'], ['SYS_PTRACE']],
    ['HostPath Volumes', 'baseline', ['spec', 'volumes', 0, 'hostPath'], { path: '/' }],
    ['Host Ports', 'baseline', ['spec', 'containers', 0, 'ports'], [{ hostPort: 80 }]],
    [
      'Host Probes / Lifecycle Hooks',
      'baseline',
      ['spec', 'containers', 0, 'livenessProbe'],
      { httpGet: { host: 'x' } },
    ],
    [
      'AppArmor',
      'baseline',
      ['metadata', 'annotations', 'container.apparmor.security.beta.kubernetes.io/target'],
      'unconfined',
    ],
    ['SELinux type', 'baseline', ['spec', 'securityContext', 'seLinuxOptions'], { type: 'spc_t' }],
    ['/proc Mount Type', 'baseline', ['spec', 'containers', 0, 'securityContext', 'procMount'], 'Unmasked'],
    ['Seccomp', 'baseline', ['spec', 'containers', 0, 'securityContext', 'seccompProfile'], { type: 'Unconfined' }],
    ['Sysctls', 'baseline', ['spec', 'securityContext', 'sysctls'], [{ name: 'kernel.msgmax' }]],
    ['Volume Types', 'restricted', ['spec', 'volumes', 0, 'nfs'], {}],
    [
      'Privilege Escalation',
      'restricted',
      ['spec', 'containers', 0, 'securityContext', 'allowPrivilegeEscalation'],
      undefined,
    ],
    ['Running as Non-root', 'restricted', ['spec', 'containers', 0, 'securityContext', 'runAsNonRoot'], false],
    ['Running as Non-root user', 'restricted', ['spec', 'containers', 0, 'securityContext', 'runAsUser'], 0],
    [
      'Capabilities dropped',
      'restricted',
      ['spec', 'containers', 0, 'securityContext', 'capabilities', 'drop'],
      ['KILL'],
    ],
    ['Capabilities', 'restricted', ['spec', 'containers', 0, 'securityContext', 'capabilities', 'add'], ['CHOWN']],
  ];
  it.each(broken)('the check of %s notices (%s)', (name, level, path, value) => {
    expect(breaches(changed(pod, path, value), level).some((one) => one.startsWith(`${name}: `))).toBe(true);
  });
});

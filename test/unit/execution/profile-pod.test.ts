import { describe, expect, it } from 'vitest';
import { isProfilePod, profilePod, profilePodName, type ProfilePodInput } from '../../../src/execution/profile-pod.js';
import { scanOfPod } from '../../../src/execution/scan-pod.js';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const INPUT: ProfilePodInput = {
  attempt: 2,
  profile: { digest: DIGEST, parts: [{ configMap: 'profile-abc-0of1', key: 'profile.tar.gz' }] },
  seconds: 90,
  namespace: 'sidescan-scans',
  scannerImage: 'registry.example/scanner:1',
  resources: { cpuRequest: '100m', cpuLimit: '1', memoryRequest: '128Mi', memoryLimit: '512Mi' },
  limits: { reportBytes: 64 * 1024 * 1024, logBytes: 7 * 1024 * 1024 },
};

describe('the pod that reads a profile', () => {
  const manifest = profilePod(INPUT);
  const [scanner, ...others] = manifest.spec.containers;

  it('has a name that follows from digest and attempt alone, and labels that no scan pod has', () => {
    expect(manifest.metadata.name).toBe(`profile-${'ab'.repeat(16)}-2`);
    expect(manifest.metadata.name).toBe(profilePodName(DIGEST, 2));
    expect(manifest.metadata.name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$/);
    const { labels } = manifest.metadata;
    expect(labels).toMatchObject({
      'app.kubernetes.io/managed-by': 'sidescan',
      'app.kubernetes.io/component': 'profile',
    });
    for (const value of Object.values(labels)) expect(value.length).toBeLessThanOrEqual(63);
    expect(isProfilePod(labels)).toBe(true);
    expect(isProfilePod({ 'sidescan.dev/scan': 'scan_x' })).toBe(false);
    expect(scanOfPod(labels)).toBeNull();
  });

  it('is the scanner alone, with no target, no shared processes and no token', () => {
    expect(others).toEqual([]);
    expect(manifest.spec).toMatchObject({
      initContainers: [],
      shareProcessNamespace: false,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      activeDeadlineSeconds: 150,
    });
    expect(scanner?.command).toEqual([
      ...['/opt/sidescan/bin/describe', '--profile-digest', DIGEST, '--attempt', '2', '--deadline', '90'],
      ...['--max-report-bytes', '67108864', '--max-log-bytes', '7340032'],
    ]);
  });

  it('is inside Pod Security "restricted"', () => {
    const user = { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532 };
    const seccompProfile = { type: 'RuntimeDefault' };
    expect(manifest.spec.securityContext).toMatchObject({ ...user, seccompProfile });
    expect(scanner?.securityContext).toEqual({
      ...user,
      seccompProfile,
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const volume of manifest.spec.volumes)
      expect(['emptyDir', 'configMap', 'projected']).toContain(Object.keys(volume).find((key) => key !== 'name'));
  });

  it('mounts every volume that it has, and writes to its own folders only', () => {
    const mounts = scanner?.volumeMounts ?? [];
    expect(new Set(mounts.map((mount) => mount.name))).toEqual(new Set(manifest.spec.volumes.map(({ name }) => name)));
    expect(mounts.filter((mount) => !mount.readOnly).map((mount) => mount.mountPath)).toEqual(['/work', '/tmp']);
    for (const volume of manifest.spec.volumes)
      if ('emptyDir' in volume) expect(volume.emptyDir.sizeLimit).toMatch(/^\d+Mi$/);
  });

  it('refuses a digest that is none', () => {
    expect(() => profilePod({ ...INPUT, profile: { ...INPUT.profile, digest: '--x' } })).toThrow(/profile digest/);
  });
});

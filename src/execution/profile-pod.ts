import type { PodManifest } from '../domain/pod-manifest.js';
import { podSecurity, RESTRICTED_ID } from './pod-security.js';
import { profileVolume, type DeliveredProfile } from './profile-volume.js';
import { checked, DEADLINE_SLACK_SECONDS, POD_ANNOTATIONS, quantities } from './scan-pod.js';

/** What the manifest of a pod that reads a profile's texts is made from. */
export interface ProfilePodInput {
  attempt: number;
  profile: DeliveredProfile;
  /** Time that the auditor has. */
  seconds: number;
  namespace: string;
  scannerImage: string;
  resources: { cpuRequest: string; cpuLimit: string; memoryRequest: string; memoryLimit: string };
  limits: { reportBytes: number; logBytes: number };
}

const PROFILE_LABEL = 'sidescan.dev/profile';
const LABELS = {
  'app.kubernetes.io/name': 'sidescan-profile',
  'app.kubernetes.io/managed-by': 'sidescan',
  'app.kubernetes.io/component': 'profile',
} as const;

/** Name of the pod of one attempt to read a profile: the same for every worker, so that creating it twice is noticed. */
export function profilePodName(digest: string, attempt: number): string {
  return `profile-${stemOf(digest)}-${attempt}`;
}

/** True for the labels of a pod that reads a profile. */
export function isProfilePod(labels: Readonly<Record<string, string>>): boolean {
  return labels[PROFILE_LABEL] !== undefined;
}

/** The one pod of an attempt to read a profile's texts (docs/scan-pod.md): the scanner alone, with no target and no right at all. */
export function profilePod(input: ProfilePodInput): PodManifest {
  const { attempt, profile, seconds, resources } = input;
  const user = { runAsNonRoot: true, runAsUser: RESTRICTED_ID, runAsGroup: RESTRICTED_ID };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: profilePodName(profile.digest, attempt),
      namespace: input.namespace,
      labels: { ...LABELS, [PROFILE_LABEL]: stemOf(profile.digest), 'sidescan.dev/attempt': String(attempt) },
      annotations: { ...POD_ANNOTATIONS },
    },
    spec: {
      restartPolicy: 'Never',
      shareProcessNamespace: false,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      dnsPolicy: 'Default',
      activeDeadlineSeconds: seconds + DEADLINE_SLACK_SECONDS,
      terminationGracePeriodSeconds: 1,
      securityContext: podSecurity('restricted'),
      initContainers: [],
      containers: [
        {
          name: 'scanner',
          image: input.scannerImage,
          imagePullPolicy: 'IfNotPresent',
          command: ['/opt/sidescan/bin/describe', ...describeArguments(input)],
          env: [{ name: 'HOME', value: '/work' }],
          resources: quantities(
            { cpu: resources.cpuRequest, memory: resources.memoryRequest, storage: '64Mi' },
            { cpu: resources.cpuLimit, memory: resources.memoryLimit, storage: '512Mi' },
          ),
          securityContext: {
            ...user,
            allowPrivilegeEscalation: false,
            privileged: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
            seccompProfile: { type: 'RuntimeDefault' },
          },
          volumeMounts: [
            { name: 'profile', mountPath: '/profile', readOnly: true },
            { name: 'work', mountPath: '/work' },
            { name: 'tmp', mountPath: '/tmp' },
          ],
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      volumes: [
        profileVolume(profile),
        { name: 'work', emptyDir: { sizeLimit: '256Mi' } },
        { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
      ],
    },
  };
}

function describeArguments({ attempt, profile, seconds, limits }: ProfilePodInput): string[] {
  const options: [string, string | number][] = [
    ['--profile-digest', checked('profile digest', profile.digest, /^sha256:[0-9a-f]{64}$/)],
    ['--attempt', attempt],
    ['--deadline', seconds],
    ['--max-report-bytes', limits.reportBytes],
    ['--max-log-bytes', limits.logBytes],
  ];
  return options.flatMap(([name, value]) => [name, String(value)]);
}

/** A label holds 63 characters, a whole digest has 64. */
function stemOf(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 32);
}

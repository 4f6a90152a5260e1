import type { PodContainer, PodManifest, PodVolume } from '../domain/pod-manifest.js';
import type { Scan } from '../scans/scan.js';
import { podSecurity, targetSecurity } from './pod-security.js';
import { profileVolume, type DeliveredProfile } from './profile-volume.js';

/** What the manifest of a scan is made from: nothing of it is free text. */
export interface ScanPodInput {
  scan: Pick<Scan, 'id' | 'attempt' | 'target' | 'timeoutSeconds' | 'securityMode' | 'allowTargetCommands'>;
  profile: DeliveredProfile;
  /** Digest of the inputs and waivers in the pod's Secret; left out or null if there are none. */
  inputsDigest?: string | null;
  namespace: string;
  scannerImage: string;
  resources: { cpuRequest: string; cpuLimit: string; memoryRequest: string; memoryLimit: string };
  limits: { reportBytes: number; logBytes: number };
}

/** Seconds that the cluster waits beyond the scan's own time before it ends the pod, should no worker be left to do it. */
export const DEADLINE_SLACK_SECONDS = 60;

const LABELS = {
  'app.kubernetes.io/name': 'sidescan-scan',
  'app.kubernetes.io/managed-by': 'sidescan',
  'app.kubernetes.io/component': 'scan',
} as const;

/** What every pod of the service carries. */
export const POD_ANNOTATIONS = {
  // The log carries the report: log shippers would copy megabytes of base64 into a search index.
  'fluentbit.io/exclude': 'true',
  'co.elastic.logs/enabled': 'false',
  'ad.datadoghq.com/logs_exclude': 'true',
  // A scan takes seconds; moving it elsewhere loses it.
  'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
  'karpenter.sh/do-not-disrupt': 'true',
  // A mesh's proxy would be one more root in the pod, and would keep the pod from ending.
  'sidecar.istio.io/inject': 'false',
  'linkerd.io/inject': 'disabled',
  'kubectl.kubernetes.io/default-container': 'scanner',
  // Podman removes an init container once it ended unless told so; what it said is evidence.
  'io.podman.annotations.init.container.type': 'always',
} as const;

const HELD_TARGET = quantities(
  { cpu: '10m', memory: '32Mi', storage: '16Mi' },
  { cpu: '1', memory: '256Mi', storage: '128Mi' },
);
const RUN_TARGET = quantities(
  { cpu: '50m', memory: '128Mi', storage: '64Mi' },
  { cpu: '1', memory: '1Gi', storage: '1Gi' },
);
const TOOLBOX = quantities(
  { cpu: '10m', memory: '32Mi', storage: '16Mi' },
  { cpu: '1', memory: '128Mi', storage: '128Mi' },
);

/** Name of the pod of one attempt of a scan: the same for every worker, so that creating it twice is noticed. */
export function scanPodName(scanId: string, attempt: number): string {
  return `scan-${scanId.replace(/^scan_/, '')}-${attempt}`;
}

/** Readable for the scanner's uid, or by its group where that is not root (fsGroup). */
const SECRET_MODE = 0o440;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Scan and attempt that a pod's labels name, or null if they are not those of a scan pod. */
export function scanOfPod(labels: Readonly<Record<string, string>>): { id: string; attempt: number } | null {
  const id = labels['sidescan.dev/scan'];
  const attempt = Number(labels['sidescan.dev/attempt']);
  return id && Number.isSafeInteger(attempt) && attempt > 0 ? { id, attempt } : null;
}

/** The one pod of a scan attempt (docs/scan-pod.md). Throws if a field that reaches the command line is not of its form. */
export function scanPod(input: ScanPodInput): PodManifest {
  const { scan, namespace } = input;
  const held = !scan.target.run;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: scanPodName(scan.id, scan.attempt),
      namespace,
      labels: { ...LABELS, 'sidescan.dev/scan': scan.id, 'sidescan.dev/attempt': String(scan.attempt) },
      annotations: { ...POD_ANNOTATIONS },
    },
    spec: {
      restartPolicy: 'Never',
      shareProcessNamespace: true,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      dnsPolicy: 'Default', // no network, so no names either; a cluster without DNS would warn of every pod
      activeDeadlineSeconds: scan.timeoutSeconds + DEADLINE_SLACK_SECONDS,
      terminationGracePeriodSeconds: 1,
      securityContext: podSecurity(scan.securityMode),
      ...(scan.target.pullSecret ? { imagePullSecrets: [{ name: scan.target.pullSecret }] } : {}),
      initContainers: held ? [toolboxContainer(input)] : [],
      containers: [targetContainer(input), scannerContainer(input)],
      volumes: volumes(input),
    },
  };
}

function toolboxContainer(input: ScanPodInput): PodContainer {
  return {
    name: 'toolbox',
    image: input.scannerImage,
    imagePullPolicy: 'IfNotPresent',
    command: ['/opt/sidescan/bin/install-toolbox', '/sidescan'],
    resources: TOOLBOX,
    securityContext: targetSecurity('toolbox', input.scan),
    volumeMounts: [{ name: 'toolbox', mountPath: '/sidescan' }],
  };
}

function targetContainer({ scan }: ScanPodInput): PodContainer {
  const { target } = scan;
  const common = {
    name: 'target',
    image: target.image,
    imagePullPolicy: 'IfNotPresent' as const,
    securityContext: targetSecurity('target', scan),
  };
  if (!target.run) {
    const volumeMounts = [
      { name: 'toolbox', mountPath: '/sidescan', readOnly: true },
      { name: 'socket', mountPath: '/sidescan/run' },
    ];
    return { ...common, command: ['/sidescan/hold'], resources: HELD_TARGET, volumeMounts };
  }
  const command = target.command ? { command: [...target.command] } : {};
  const args = target.args ? { args: [...target.args] } : {};
  return { ...common, ...command, ...args, resources: RUN_TARGET, volumeMounts: [] };
}

function scannerContainer(input: ScanPodInput): PodContainer {
  const { scan, resources } = input;
  const fromToolbox = [
    { name: 'toolbox', mountPath: '/sidescan', readOnly: true },
    { name: 'socket', mountPath: '/sidescan/run', readOnly: true },
  ];
  return {
    name: 'scanner',
    image: input.scannerImage,
    imagePullPolicy: 'IfNotPresent',
    command: ['/opt/sidescan/bin/scan', ...scannerArguments(input)],
    env: [
      { name: 'HOME', value: '/work' },
      { name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
    ],
    resources: quantities(
      { cpu: resources.cpuRequest, memory: resources.memoryRequest, storage: '64Mi' },
      { cpu: resources.cpuLimit, memory: resources.memoryLimit, storage: '512Mi' },
    ),
    securityContext: targetSecurity('scanner', scan),
    volumeMounts: [
      { name: 'profile', mountPath: '/profile', readOnly: true },
      ...(!input.inputsDigest ? [] : [{ name: 'inputs', mountPath: '/inputs', readOnly: true }]),
      { name: 'work', mountPath: '/work' },
      { name: 'tmp', mountPath: '/tmp' },
      ...(scan.target.run ? [] : fromToolbox),
    ],
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  };
}

function scannerArguments({ scan, profile, inputsDigest, limits }: ScanPodInput): string[] {
  const options: [string, string | number][] = [
    ['--scan', checked('scan id', scan.id, /^scan_[0-9a-z]+$/)],
    ['--attempt', scan.attempt],
    ['--container', 'target'],
    ['--proof', scan.target.run ? 'process' : 'hold'],
    ['--deadline', scan.timeoutSeconds],
    ['--profile-digest', checked('profile digest', profile.digest, DIGEST)],
    ['--max-report-bytes', limits.reportBytes],
    ['--max-log-bytes', limits.logBytes],
  ];
  if (inputsDigest) options.push(['--inputs-digest', checked('digest of inputs', inputsDigest, DIGEST)]);
  // A name such as `--proof` would be read as an option, and `$(…)` expanded by the kubelet.
  const allowed = scan.allowTargetCommands.map((program) =>
    checked('program', program, /^[A-Za-z0-9/][A-Za-z0-9_.+/-]{0,254}$/),
  );
  return [
    ...options.flatMap(([name, value]) => [name, String(value)]),
    ...allowed.flatMap((program) => ['--allow', program]),
  ];
}

function volumes({ scan, profile, inputsDigest }: ScanPodInput): PodVolume[] {
  const forHold: PodVolume[] = [
    { name: 'toolbox', emptyDir: { sizeLimit: '64Mi' } },
    // In memory, so that what fills it is charged to the target that does, at once, and never to the node's disk.
    { name: 'socket', emptyDir: { medium: 'Memory', sizeLimit: '128Mi' } },
  ];
  const secretName = `${scanPodName(scan.id, scan.attempt)}-inputs`;
  return [
    profileVolume(profile),
    ...(!inputsDigest ? [] : [{ name: 'inputs', secret: { secretName, defaultMode: SECRET_MODE } }]),
    { name: 'work', emptyDir: { sizeLimit: '256Mi' } },
    { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
    ...(scan.target.run ? [] : forHold),
  ];
}

interface Quantities {
  cpu: string;
  memory: string;
  storage: string;
}

/** Requests and limits of a container. */
export function quantities(requests: Quantities, limits: Quantities): PodContainer['resources'] {
  const named = ({ cpu, memory, storage }: Quantities) => ({ cpu, memory, 'ephemeral-storage': storage });
  return { requests: named(requests), limits: named(limits) };
}

/** The text, if it has the form; a command line takes no other. */
export function checked(what: string, text: string, form: RegExp): string {
  if (!form.test(text)) throw new Error(`${what} ${JSON.stringify(text)} may not be put on a command line`);
  return text;
}

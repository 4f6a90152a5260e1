import type { PodContainer, PodManifest } from '../../../src/domain/pod-manifest.js';

/**
 * The Pod Security Standards, control by control, as https://kubernetes.io/docs/concepts/security/pod-security-standards/ lists them for Linux pods.
 * Written from that page alone, so that it judges the manifests and does not repeat them. Returns what a pod breaks, each with the control's name.
 */
export function breaches(pod: PodManifest, level: 'baseline' | 'restricted'): string[] {
  return (level === 'baseline' ? BASELINE : [...BASELINE, ...RESTRICTED]).flatMap(({ name, check }) =>
    check(pod).map((what) => `${name}: ${what}`),
  );
}

type Fields = Record<string, unknown>;
interface Control {
  name: string;
  check: (pod: PodManifest) => string[];
}

const CAPABILITIES = [
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD'],
  ...['NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
];
const SELINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];
const SYSCTLS = [
  ...['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.ip_unprivileged_port_start'],
  ...['net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_local_reserved_ports'],
  ...[
    'net.ipv4.tcp_keepalive_time',
    'net.ipv4.tcp_fin_timeout',
    'net.ipv4.tcp_keepalive_intvl',
    'net.ipv4.tcp_keepalive_probes',
  ],
];
const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

const BASELINE: Control[] = [
  { name: 'HostProcess', check: everywhere((one) => at(one, 'windowsOptions', 'hostProcess'), absentOr(false)) },
  {
    name: 'Host Namespaces',
    check: (pod) => {
      const spec: Fields = { ...pod.spec };
      return ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field]).map((field) => `spec.${field}`);
    },
  },
  { name: 'Privileged Containers', check: containers((one) => at(one, 'privileged'), absentOr(false)) },
  { name: 'Capabilities', check: eachCapability('add', (name) => CAPABILITIES.includes(name)) },
  {
    name: 'HostPath Volumes',
    check: (pod) => pod.spec.volumes.filter((volume) => 'hostPath' in volume).map((volume) => volume.name),
  },
  {
    name: 'Host Ports',
    check: (pod) =>
      all(pod)
        .filter((one) =>
          (((one as unknown as Fields).ports ?? []) as { hostPort?: number }[]).some((port) => port.hostPort),
        )
        .map((one) => one.name),
  },
  {
    name: 'Host Probes / Lifecycle Hooks',
    check: (pod) =>
      all(pod).flatMap((one) =>
        ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle']
          .filter((hook) => /"host":"[^"]/.test(JSON.stringify((one as unknown as Fields)[hook] ?? null)))
          .map((hook) => `${one.name}.${hook}`),
      ),
  },
  {
    name: 'AppArmor',
    check: (pod) => [
      ...everywhere((one) => at(one, 'appArmorProfile', 'type'), absentOr('RuntimeDefault', 'Localhost'))(pod),
      ...Object.entries(pod.metadata.annotations)
        .filter(
          ([key, value]) =>
            key.startsWith('container.apparmor.security.beta.kubernetes.io/') &&
            !/^(runtime\/default|localhost\/.*)$/.test(value),
        )
        .map(([key]) => key),
    ],
  },
  { name: 'SELinux type', check: everywhere((one) => at(one, 'seLinuxOptions', 'type'), absentOr(...SELINUX_TYPES)) },
  { name: 'SELinux user', check: everywhere((one) => at(one, 'seLinuxOptions', 'user'), absentOr('')) },
  { name: 'SELinux role', check: everywhere((one) => at(one, 'seLinuxOptions', 'role'), absentOr('')) },
  { name: '/proc Mount Type', check: containers((one) => at(one, 'procMount'), absentOr('Default')) },
  {
    name: 'Seccomp',
    check: everywhere((one) => at(one, 'seccompProfile', 'type'), absentOr('RuntimeDefault', 'Localhost')),
  },
  {
    name: 'Sysctls',
    check: (pod) =>
      ((pod.spec.securityContext.sysctls ?? []) as { name: string }[])
        .filter(({ name }) => !SYSCTLS.includes(name))
        .map(({ name }) => name),
  },
];

const RESTRICTED: Control[] = [
  {
    name: 'Volume Types',
    check: (pod) =>
      pod.spec.volumes
        .filter((volume) => !Object.keys(volume).every((key) => key === 'name' || VOLUMES.includes(key)))
        .map((volume) => volume.name),
  },
  {
    name: 'Privilege Escalation',
    check: containers(
      (one) => at(one, 'allowPrivilegeEscalation'),
      (value) => value === false,
    ),
  },
  // These three may be said by the pod for all of its containers; each container may say it otherwise, but not wrongly.
  { name: 'Running as Non-root', check: inherited('runAsNonRoot', (value) => value === true) },
  {
    name: 'Running as Non-root user',
    check: everywhere(
      (one) => at(one, 'runAsUser'),
      (value) => value === undefined || (typeof value === 'number' && value !== 0),
    ),
  },
  {
    name: 'Seccomp',
    check: inherited('seccompProfile', (value) =>
      ['RuntimeDefault', 'Localhost'].includes(String((value as Fields | undefined)?.type)),
    ),
  },
  {
    name: 'Capabilities dropped',
    check: containers(
      (one) => at(one, 'capabilities', 'drop'),
      (value) => Array.isArray(value) && value.includes('ALL'),
    ),
  },
  { name: 'Capabilities', check: eachCapability('add', (name) => name === 'NET_BIND_SERVICE') },
];

/** Init and ephemeral containers count like the others. */
function all(pod: PodManifest): PodContainer[] {
  const { ephemeralContainers } = pod.spec as { ephemeralContainers?: PodContainer[] };
  return [...pod.spec.initContainers, ...pod.spec.containers, ...(ephemeralContainers ?? [])];
}

function at(context: Fields, ...path: string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Fields | undefined)?.[key], context);
}

function absentOr(...allowed: unknown[]): (value: unknown) => boolean {
  return (value) => value === undefined || allowed.includes(value);
}

function containers(read: (context: Fields) => unknown, allowed: (value: unknown) => boolean): Control['check'] {
  return (pod) =>
    all(pod)
      .filter((one) => !allowed(read(one.securityContext)))
      .map((one) => `container ${one.name}`);
}

function everywhere(read: (context: Fields) => unknown, allowed: (value: unknown) => boolean): Control['check'] {
  return (pod) => [...(allowed(read(pod.spec.securityContext)) ? [] : ['pod']), ...containers(read, allowed)(pod)];
}

function inherited(field: string, allowed: (value: unknown) => boolean): Control['check'] {
  return (pod) => containers((one) => one[field] ?? pod.spec.securityContext[field], allowed)(pod);
}

function eachCapability(list: 'add', allowed: (name: string) => boolean): Control['check'] {
  return containers(
    (one) => at(one, 'capabilities', list),
    (value) => ((value ?? []) as string[]).every(allowed),
  );
}

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needPackages } from './debian.mjs';
import { SETUP } from './paths.mjs';
import { isRoot, run } from './processes.mjs';

const ENGINE = ['podman', 'runc', 'conmon', 'catatonit', 'netavark', 'aardvark-dns', 'uidmap', 'buildah'];
/** For images that are made where no registry can be reached. */
const IMAGES = ['mmdebstrap', 'busybox-static', 'ca-certificates'];
const ROOTLESS = ['slirp4netns', 'fuse-overlayfs', 'dbus-user-session'];
// What podman sets for a container by itself; where a hard limit of ours is lower, no container starts.
const PODMAN_LIMITS = { nofile: ['Max open files', 1_048_576], nproc: ['Max processes', 4_194_304] };

/** Podman as this machine can run it: packages, and settings where its defaults do not work. Returns `{env, text}`. */
export async function preparePodman(busy) {
  const packages = isRoot ? [...ENGINE, ...IMAGES] : [...ENGINE, ...IMAGES, ...ROOTLESS];
  const installed = await needPackages(packages, 'Podman', busy);
  const env = containersConf();
  const version = (await run('podman', ['version', '--format', '{{.Client.Version}}'], { env })).trim();
  const news = installed.length > 0 ? `, installed ${installed.length} packages` : '';
  const conf = env.CONTAINERS_CONF ? ', with settings for this machine' : '';
  return { env, text: `${version}${news}${conf}` };
}

/** CONTAINERS_CONF for this machine: the user's own, ours (written to .sidescan/), or none where podman's defaults work. */
export function containersConf() {
  if (process.env.CONTAINERS_CONF) return { CONTAINERS_CONF: process.env.CONTAINERS_CONF };
  const sections = [];
  const limits = lowLimits();
  if (limits.length > 0) sections.push(`[containers]\ndefault_ulimits = [${limits.map((l) => `"${l}"`).join(', ')}]\n`);
  // crun, Debian's first choice, does not start containers on hybrid cgroups.
  if (cgroupsAreHybrid()) sections.push('[engine]\nruntime = "runc"\n');
  if (sections.length === 0) return {};
  mkdirSync(SETUP, { recursive: true });
  const file = join(SETUP, 'containers.conf');
  writeFileSync(
    file,
    `# Written by scripts/setup/podman.mjs for the limits and cgroups of this machine.\n${sections.join('')}`,
  );
  return { CONTAINERS_CONF: file };
}

function lowLimits() {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  // Podman lowers its own nproc to this: a container that is to have more does not start.
  const pidMax = Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8'));
  const found = Object.entries(PODMAN_LIMITS).map(([name, [title, wanted]]) => {
    const hard = new RegExp(`^${title} +\\S+ +(\\S+)`, 'm').exec(limits)?.[1] ?? 'unlimited';
    return {
      name,
      value: Math.min(hard === 'unlimited' ? wanted : Number(hard), name === 'nproc' ? pidMax : wanted),
      low: hard !== 'unlimited' && Number(hard) < wanted,
    };
  });
  if (!found.some((limit) => limit.low)) return [];
  return found.map(({ name, value }) => `${name}=${value}:${value}`);
}

function cgroupsAreHybrid() {
  const type = spawnSync('stat', ['-fc', '%T', '/sys/fs/cgroup'], { encoding: 'utf8' }).stdout?.trim();
  return type !== 'cgroup2fs';
}

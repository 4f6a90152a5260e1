import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { locked } from './lock.mjs';
import { isRoot, run } from './processes.mjs';
import { SetupError } from './steps.mjs';

const APT = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=600', '-o', 'Dpkg::Use-Pty=0'];
const ENV = { DEBIAN_FRONTEND: 'noninteractive' };

/** The packages of the list that are not installed. */
export function missingPackages(packages) {
  const query = spawnSync('dpkg-query', ['-W', '-f', '${binary:Package} ${db:Status-Status}\n', ...packages], {
    encoding: 'utf8',
  });
  if (query.error) return packages;
  const installed = new Set();
  for (const line of query.stdout.split('\n')) {
    const [name, status] = line.split(' ');
    if (status === 'installed') installed.add(name.split(':')[0]);
  }
  return packages.filter((name) => !installed.has(name));
}

/**
 * Installs Debian packages if they are missing and we are root; returns those it installed.
 */
export async function needPackages(packages, why, busy = () => {}) {
  if (missingPackages(packages).length === 0) return [];
  return locked('apt', async () => {
    const missing = missingPackages(packages);
    if (missing.length === 0) return [];
    const command = `apt-get install --no-install-recommends ${missing.join(' ')}`;
    if (!isRoot || !existsSync('/usr/bin/apt-get')) {
      throw new SetupError(`${why} needs programs that are not installed. As root on Debian 12:\n  ${command}`);
    }
    busy(`installing ${missing.join(' ')}`);
    if (!listsAreThere()) await run('apt-get', [...APT, 'update'], { env: ENV });
    await install(missing);
    return missing;
  });
}

async function install(packages) {
  const args = [...APT, 'install', '--no-install-recommends', ...packages];
  // RUNLEVEL=1: a package's own service (Debian's Redis) is not to be started; we start our own.
  const env = { ...ENV, RUNLEVEL: '1' };
  try {
    await run('apt-get', args, { env });
  } catch {
    await run('apt-get', [...APT, 'update'], { env: ENV });
    await run('apt-get', args, { env, onError: `Sidescan needs ${packages.join(', ')}.` });
  }
}

function listsAreThere() {
  const dir = '/var/lib/apt/lists';
  return existsSync(dir) && readdirSync(dir).some((name) => name.includes('Packages'));
}

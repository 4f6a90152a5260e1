// npm run bench -- NAME [ARGUMENTS]: runs bench/NAME.ts on the cluster of KUBECONFIG, with services of its own if it uses any.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { dependencies } from './setup/dependencies.mjs';
import { ROOT } from './setup/paths.mjs';
import { fail, SetupError, step } from './setup/steps.mjs';
import { prepareTestCluster } from './setup/test-cluster.mjs';
import { startTestServices } from './setup/test-services.mjs';

// Vite compiles TypeScript as it does for the tests; a bench needs no build of its own.
const RUN = `const [file] = process.argv.splice(1, 1);
const { runnerImport } = await import('vite');
await runnerImport(file, { root: process.cwd(), configFile: false });`;

/** Benches that use neither a cluster nor a database. */
const ALONE = new Set(['parse', 'cli', 'storage']);

async function main([name, ...args]) {
  const file = join(ROOT, 'bench', `${name}.ts`);
  if (!name || !/^[a-z0-9-]+$/.test(name) || !existsSync(file)) {
    const names = readdirSync(join(ROOT, 'bench')).filter((entry) => entry.endsWith('.ts'));
    throw new SetupError(`npm run bench -- NAME, with one of: ${names.map((entry) => entry.slice(0, -3)).join(', ')}`);
  }
  if (ALONE.has(name)) await step('dependencies', dependencies);
  const env = ALONE.has(name) ? {} : await prepareTestCluster();
  const services = ALONE.has(name) ? null : await startTestServices();
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

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { DATA, ROOT } from '../setup/paths.mjs';
import { run, serve, waitFor } from '../setup/processes.mjs';
import { SetupError } from '../setup/steps.mjs';

const LOGS = join(DATA, 'logs');

/** Where a service of the quickstart writes; what an earlier start wrote is dropped. */
export function newLog(name) {
  mkdirSync(LOGS, { recursive: true });
  const file = join(LOGS, `${name}.log`);
  rmSync(file, { force: true });
  return file;
}

/** The bootstrap key: the given one, or one made at random and kept in .sidescan/admin-key for its owner only. */
export function adminKey() {
  return process.env.SIDESCAN_ADMIN_KEY || keptKey('admin-key', 'base64url');
}

/** What sensitive inputs are encrypted with: the given key, or one of its own, kept in the same way. */
export function encryptionKey() {
  return process.env.SIDESCAN_ENCRYPTION_KEY || keptKey('encryption-key', 'base64');
}

function keptKey(name, encoding) {
  const file = join(DATA, name);
  if (!existsSync(file)) {
    mkdirSync(DATA, { recursive: true });
    writeFileSync(file, randomBytes(32).toString(encoding), { mode: 0o600 });
  }
  return readFileSync(file, 'utf8').trim();
}

/** Fails before the long part of the set-up if the port cannot be had. */
export function needPort(host, port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', (error) => {
      const reason = error.code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${error.code})`;
      reject(new SetupError(`Port ${port} of ${host} ${reason}: choose another with --port or PORT.`));
    });
    server.listen(port, host, () => server.close(resolve));
  });
}

/** Applies the migrations; the service's own command. Returns `{text}`. */
export async function migrate(env) {
  const output = await run('node', [join(ROOT, 'dist/main.migrate.js')], { env });
  const lines = output.trim().split('\n');
  const applied = lines.filter((line) => line.startsWith('applied '));
  const rest = lines.filter((line) => !applied.includes(line));
  const count = applied.length > 0 ? [`applied ${applied.length} migrations`] : [];
  return { text: [...count, ...rest].join(', ') };
}

/** Starts the API and waits until it is ready; returns `{url, text, stop, …}`. */
export async function startApi(env, host, port) {
  const service = serve(process.execPath, [join(ROOT, 'dist/main.api.js')], { log: newLog('api'), env });
  const address = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  const ready = () =>
    fetch(`${url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
  await waitFor('The API', service, ready, 60);
  return Object.assign(service, { url, text: url });
}

/** Starts a worker; it takes jobs as soon as it can, so there is nothing to wait for. */
export function startWorker(env) {
  const service = serve(process.execPath, [join(ROOT, 'dist/main.worker.js')], { log: newLog('worker'), env });
  return Object.assign(service, { text: `log in ${relative(process.cwd(), service.log)}` });
}

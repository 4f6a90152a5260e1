import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.js';

const ROOT = join(import.meta.dirname, '../../..');

/** A server that takes connections and says nothing: what starts against it waits. */
const sockets = new Set<Socket>();
const silent = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sidescan-first-'));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
afterAll(async () => {
  sockets.forEach((socket) => socket.destroy());
  silent.close();
  await rm(dir, { recursive: true });
});

/** Starts a program as the first process of a pid namespace, as an engine does in a container; `inside` is its pid here. */
async function startFirst(entry: string) {
  const at = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const cluster = { clusters: [{ name: 'c', cluster: { server: `http://${at}` } }], users: [{ name: 'u', user: {} }] };
  const contexts = [{ name: 'x', context: { cluster: 'c', user: 'u' } }];
  const kubeconfig = join(dir, 'kubeconfig');
  await writeFile(kubeconfig, JSON.stringify({ ...cluster, contexts, 'current-context': 'x' }));
  const env = {
    PATH: process.env['PATH'],
    PORT: '0',
    DATABASE_URL: `postgresql://sidescan:none@${at}/sidescan`,
    REDIS_URL: `redis://${at}`,
    SIDESCAN_STORE: `file:${dir}`,
    SIDESCAN_SCANNER_IMAGE: 'localhost/none:1',
    SIDESCAN_LOG_LEVEL: 'silent',
    KUBECONFIG: kubeconfig,
  };
  const before = sockets.size;
  const alone = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const args = [...alone, '--pid', '--fork', '--kill-child', process.execPath, join('dist', entry)];
  const child = spawn('unshare', args, { cwd: ROOT, env, stdio: 'ignore' });
  await eventually(`${entry} waits for an answer`, () => sockets.size > before);
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
  return { child, inside: Number(children.trim()) };
}

it.each(['main.api.js', 'main.worker.js', 'main.migrate.js'])(
  '%s as the first process of a container obeys SIGTERM while it starts',
  async (entry) => {
    const { child, inside } = await startFirst(entry);
    const ended = once(child, 'exit') as Promise<[number | null]>;
    process.kill(inside, 'SIGTERM');
    const late = new Promise<string>((resolve) => setTimeout(resolve, 2_000, 'it goes on').unref());
    const outcome = await Promise.race([ended.then(([code]) => code), late]);
    child.kill('SIGKILL'); // and with it what is left of the namespace
    expect(outcome).toBe(1);
  },
);

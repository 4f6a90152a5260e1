import { connect } from 'node:net';
import { mkdirSync } from 'node:fs';
import { needPackages } from './debian.mjs';
import { freePort, onPath, serve, waitFor } from './processes.mjs';

const SERVERS = ['redis-server', 'valkey-server'];

/**
 * Starts Redis (or Valkey) on a free port of 127.0.0.1; installs Debian's package when there is none and we may.
 * `durable` false: nothing is written to disk. Returns `{url, text, stop}`. Never evicts: a queue must not lose jobs.
 */
export async function startRedis({ dir, log, durable = true, busy }) {
  let server = SERVERS.find(onPath);
  if (server === undefined) {
    await needPackages(['redis-server'], 'The queue', busy);
    server = 'redis-server';
  }
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  const keep = durable ? ['--appendonly', 'yes'] : ['--appendonly', 'no', '--save', ''];
  const listen = ['--bind', '127.0.0.1', '--port', String(port), '--daemonize', 'no'];
  const args = [...listen, '--dir', dir, '--maxmemory-policy', 'noeviction', ...keep];
  const service = serve(server, args, { log });
  await waitFor('Redis', service, () => answers(port));
  return { ...service, url: `redis://127.0.0.1:${port}`, text: `127.0.0.1:${port} (${server})` };
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('data', (data) => {
      resolve(data.toString().startsWith('+PONG'));
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(false));
  });
}

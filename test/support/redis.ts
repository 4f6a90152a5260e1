import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';

/** A Redis of a test's own, for tests that stop it. It keeps its data and its port over a stop and a start. */
export class OwnRedis {
  private process: ChildProcess | null = null;

  private constructor(
    private readonly dir: string,
    private readonly port: number,
    private readonly settings: readonly string[],
  ) {}

  static async start(...settings: string[]): Promise<OwnRedis> {
    const dir = await mkdtemp(join(tmpdir(), 'sidescan-redis-'));
    const redis = new OwnRedis(dir, await freePort(), settings);
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const server = spawnSync('redis-server', ['--version']).error ? 'valkey-server' : 'redis-server';
    const listen = ['--bind', '127.0.0.1', '--port', String(this.port), '--dir', this.dir];
    const args = [...listen, '--appendonly', 'yes', '--appendfsync', 'always', ...this.settings];
    // The kernel ends it if this test process dies without stopping it.
    this.process = spawn('setpriv', ['--pdeathsig', 'TERM', server, ...args], { stdio: 'ignore' });
    await eventually('Redis listens', () => answers(this.port));
  }

  /** Kills it at once, as a crash would. */
  async kill(): Promise<void> {
    const { process } = this;
    if (process === null) return;
    this.process = null;
    const gone = new Promise((resolve) => process.once('exit', resolve));
    process.kill('SIGKILL');
    await gone;
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** A TCP port of 127.0.0.1 that is free now, below those that the kernel itself hands to clients: no client can take it meanwhile. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await canListen(port)) return port;
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('data', (data: Buffer) => {
      resolve(data.toString().startsWith('+PONG'));
      socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(false));
  });
}

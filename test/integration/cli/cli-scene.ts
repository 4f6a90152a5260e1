import { randomBytes } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startWorker, type RunningWorker } from '../../../src/worker.js';
import { ADMIN_KEY } from '../../support/environment.js';
import { ApiServer } from '../api/api-server.js';
import { engine, type Behaviour } from '../worker/memory-scanner.js';

const MAIN = join(import.meta.dirname, '../../../dist/cli/main.js');

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The built command line against a real API and a real worker, whose scanners behave as the test says. */
export class CliScene {
  private constructor(
    readonly api: ApiServer,
    readonly dir: string,
    private readonly worker: RunningWorker,
    private readonly scanners: { behaviour: Behaviour },
  ) {}

  static async open(): Promise<CliScene> {
    const api = await ApiServer.start({ SIDESCAN_ENCRYPTION_KEY: randomBytes(32).toString('base64') });
    const scanners: { behaviour: Behaviour } = { behaviour: {} };
    const runtime = engine(() => scanners.behaviour);
    const worker = await startWorker(api.installation.config, pino({ level: 'silent' }), { runtime });
    return new CliScene(api, await mkdtemp(join(tmpdir(), 'sidescan-cli-')), worker, scanners);
  }

  async close(): Promise<void> {
    await this.worker.stop();
    await this.api.stop();
    await rm(this.dir, { recursive: true });
  }

  /** How scanners behave from now on. */
  behave(behaviour: Behaviour): void {
    this.scanners.behaviour = behaviour;
  }

  async file(name: string, text: string): Promise<string> {
    await writeFile(join(this.dir, name), text);
    return name;
  }

  /** The program, running; `env` sets or replaces variables. */
  start(args: string[], env: Record<string, string> = {}): { child: ChildProcess; ended: Promise<Ran> } {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: this.dir,
      env: { PATH: process.env['PATH'], SIDESCAN_URL: this.api.url, SIDESCAN_API_KEY: ADMIN_KEY, ...env },
    });
    const ran: Ran = { code: null, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (ran.stdout += chunk.toString('latin1')));
    child.stderr.on('data', (chunk: Buffer) => (ran.stderr += chunk.toString()));
    child.stdin.end();
    const ended = new Promise<Ran>((resolve) => child.once('close', (code) => resolve({ ...ran, code })));
    return { child, ended };
  }

  run(args: string[], env: Record<string, string> = {}): Promise<Ran> {
    return this.start(args, env).ended;
  }
}

/** A connection between client and API that a test cuts: everything that is open, and what comes while `down`. */
export class Cable {
  down = false;
  /** Bytes of an answer after which a connection is cut. */
  cutAfter = Infinity;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async to(target: string): Promise<Cable> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const cable = new Cable(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('connection', (client) => cable.join(client, connect(Number(port), hostname)));
    return cable;
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket, server: Socket): void {
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        this.sockets.delete(socket);
        end();
      });
    }
    if (this.down) return end();
    let answered = 0;
    client.on('data', (chunk) => server.write(chunk));
    server.on('data', (chunk) => {
      answered += chunk.length;
      if (answered > this.cutAfter) end();
      else client.write(chunk);
    });
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ADMIN_KEY } from './environment.js';

const ROOT = join(import.meta.dirname, '../..');
const TERMINAL = new Set(['completed', 'failed', 'canceled']);

/** A scan as the API answers it; only what the tests read. */
export interface ScanView {
  id: string;
  state: string;
  verdict: string;
  attempt: number;
  summary: { controls: number; compliance: number; failed: { total: number } } | null;
  breaches: { key: string; expected: number; actual: number; controls: string[] }[];
  failure: { code: string; message: string; retryable: boolean } | null;
}

export interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}

/** The service as its users run it: the built API and any number of built workers, each a process of its own, spoken to over HTTP only. */
export class RunningService {
  private readonly children = new Set<ChildProcess>();
  private output = '';

  private constructor(
    readonly url: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Migrates the database named in `env`, then starts the API and `workers` workers; resolves when /readyz answers 200. */
  static async start(env: Record<string, string>, workers = 1): Promise<RunningService> {
    const port = await freePort();
    const service = new RunningService(`http://127.0.0.1:${port}`, {
      ...process.env,
      ...env,
      PORT: String(port),
    });
    await service.run('dist/main.migrate.js');
    service.launch('dist/main.api.js');
    for (let i = 0; i < workers; i++) service.startWorker();
    await service.ready();
    return service;
  }

  startWorker(): ChildProcess {
    return this.launch('dist/main.worker.js');
  }

  /** Stops every process, politely and then by force, and waits for their end. */
  async stop(): Promise<void> {
    await Promise.all([...this.children].map((child) => this.end(child)));
  }

  async end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await gone;
    clearTimeout(force);
  }

  async request<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, headers: response.headers, body: (json ? JSON.parse(text) : text) as T };
  }

  /** The bytes that a path answers with 200. */
  async bytes(path: string): Promise<Buffer> {
    const response = await fetch(this.url + path, { headers: { authorization: `Bearer ${ADMIN_KEY}` } });
    if (response.status !== 200) throw new Error(`GET ${path} answered ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }

  /** Submits and expects 202; the scan as it was answered. */
  async submit(body: unknown): Promise<ScanView> {
    const answer = await this.request<ScanView>('POST', '/v1/scans', body);
    if (answer.status !== 202)
      throw new Error(`POST /v1/scans answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** The scan once it is in a terminal state; throws with the services' output after `seconds`. */
  async finished(id: string, seconds = 240): Promise<ScanView> {
    return this.until(id, (scan) => TERMINAL.has(scan.state), seconds);
  }

  async until(id: string, good: (scan: ScanView) => boolean, seconds = 120): Promise<ScanView> {
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      const { status, body } = await this.request<ScanView>('GET', `/v1/scans/${id}`);
      if (status !== 200) throw new Error(`GET /v1/scans/${id} answered ${status}`);
      if (good(body)) return body;
      if (TERMINAL.has(body.state)) throw new Error(`scan ended as ${JSON.stringify(body)}\n${this.tail()}`);
      await pause(150);
    }
    throw new Error(`scan ${id} did not get there in ${seconds} s\n${this.tail()}`);
  }

  /** The last lines that the service's processes wrote: what a person would look at first. */
  tail(): string {
    return this.output.slice(-6_000);
  }

  private launch(entry: string): ChildProcess {
    const child = spawn(process.execPath, [entry], { cwd: ROOT, env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.children.add(child);
    child.once('exit', () => this.children.delete(child));
    const keep = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-200_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    return child;
  }

  private async run(entry: string): Promise<void> {
    const child = this.launch(entry);
    const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
    if (code !== 0) throw new Error(`${entry} ended with ${code}\n${this.tail()}`);
  }

  private async ready(): Promise<void> {
    for (const end = Date.now() + 60_000; Date.now() < end; await pause(200)) {
      const ok = await fetch(`${this.url}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ok) return;
    }
    throw new Error(`the API was not ready in 60 s\n${this.tail()}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

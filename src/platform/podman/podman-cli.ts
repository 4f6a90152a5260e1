import { spawn, type ChildProcess } from 'node:child_process';

/** What a podman command answered. */
export interface Answer {
  code: number;
  stdout: Buffer;
  stderr: string;
}

export interface Run {
  stdin?: string;
  signal?: AbortSignal;
  timeoutMs?: number;
  /** At most this much of stdout is kept; the rest is read and dropped. */
  maxBytes?: number;
  maxStderr?: number;
}

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_STDERR = 16 * 1024;

/** A podman command that failed, with its own words. */
export class PodmanError extends Error {
  constructor(
    readonly command: string,
    readonly code: number,
    readonly words: string,
  ) {
    super(`podman ${command}: ${words || `exit code ${code}`}`);
  }
}

/** Runs podman with arguments (no shell). Resolves with its answer whatever its exit code; throws if it cannot be started or `signal` ends it. */
export function podman(args: readonly string[], run: Run = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn('podman', args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      signal: run.signal,
      timeout: run.timeoutMs,
    });
    const stdout = collect(run.maxBytes ?? MAX_BYTES);
    const stderr = collect(run.maxStderr ?? MAX_STDERR);
    child.stdout.on('data', stdout.add);
    child.stderr.on('data', stderr.add);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const words = stderr.bytes().toString('utf8');
      resolve({
        code: code ?? 128,
        stdout: stdout.bytes(),
        stderr: signal ? `${words}(ended by ${signal})` : words,
      });
    });
    child.stdin.on('error', () => undefined); // it ended before it had read all: its exit code says why
    child.stdin.end(run.stdin ?? '');
  });
}

/** Runs podman and throws PodmanError unless it exits 0. */
export async function podmanOk(args: readonly string[], run: Run = {}): Promise<Buffer> {
  const answer = await podman(args, run);
  if (answer.code !== 0) throw new PodmanError(args.slice(0, 2).join(' '), answer.code, answer.stderr.trim());
  return answer.stdout;
}

/**
 * Starts a podman command that goes on, and calls back for every line that it writes, then once when it has ended. The kernel ends it with this
 * process: after a kill -9 it would stay for good.
 */
export function podmanStream(args: readonly string[], onLine: (line: string) => void, onEnd: () => void): ChildProcess {
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', 'podman', ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  let rest = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  child.on('error', onEnd);
  child.on('close', onEnd);
  return child;
}

function collect(maxBytes: number): { add: (chunk: Buffer) => void; bytes: () => Buffer } {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    add: (chunk) => {
      if (size < maxBytes) chunks.push(chunk);
      size += chunk.length;
    },
    bytes: () => Buffer.concat(chunks).subarray(0, maxBytes),
  };
}

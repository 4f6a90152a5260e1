import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** A program of this repository, run as a person runs it, with what it wrote so far. */
export class Program {
  output = '';
  readonly ended: Promise<number | null>;

  private constructor(readonly child: ChildProcess) {
    const keep = (data: Buffer): void => void (this.output += data.toString());
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    this.ended = new Promise((resolve) => child.once('close', (code) => resolve(code)));
  }

  /** Starts `node ARGS` in the repository; `env` is added to the environment, undefined takes a variable away. */
  static node(args: readonly string[], env: Record<string, string | undefined> = {}): Program {
    const options = { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] as const };
    return new Program(spawn(process.execPath, args, { ...options, stdio: [...options.stdio] }));
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

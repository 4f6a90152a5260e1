import { spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './paths.mjs';
import { SetupError } from './steps.mjs';

export const isRoot = process.getuid?.() === 0;

/** True if a program of that name is on PATH. */
export function onPath(program) {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0;
}

/** When a process started, as the kernel counts it (tells a process from a later one of the same pid), or null if there is none. */
export function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : fields[19];
  } catch {
    return null;
  }
}

/** Runs a program to its end; its output is returned, and shown if it fails. Throws SetupError. */
export function run(program, args, { cwd = ROOT, env = {}, input, onError = '' } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', (error) => reject(new SetupError(`${program} cannot be run: ${error.message}. ${onError}`)));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(stdout);
      const output = `${stdout}\n${stderr}`.trim().split('\n').slice(-60).join('\n');
      reject(new SetupError(`${program} ${args.join(' ')}\nended with ${signal ?? code}:\n${output}\n${onError}`));
    });
  });
}

/**
 * Starts a service in a session of its own (Ctrl-C reaches only us, so that we stop services in their order), with its
 * output in `log`. It gets SIGTERM (or `deathSignal`) from the kernel if we die without stopping it.
 */
export function serve(
  program,
  args,
  { log, env = {}, cwd = ROOT, deathSignal = 'TERM', stopSignal = 'SIGTERM', wrap = [] },
) {
  mkdirSync(dirname(log), { recursive: true });
  const out = openSync(log, 'a');
  const command = [...wrap, 'setpriv', '--pdeathsig', deathSignal, program, ...args];
  const child = spawn(command[0], command.slice(1), {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', out, out],
    detached: true,
  });
  closeSync(out);
  const service = { pid: child.pid, log, ended: null, stop: () => stop(child, service, stopSignal) };
  service.exit = new Promise((resolve) => {
    const end = (how) => {
      service.ended ??= how;
      resolve(how);
    };
    child.on('exit', (code, signal) => end(signal ?? `code ${code}`));
    child.on('error', (error) => end(error.message));
  });
  return service;
}

async function stop(child, service, signal) {
  if (service.ended !== null) return;
  child.kill(signal);
  const late = AbortSignal.timeout(20_000);
  late.addEventListener('abort', () => child.kill('SIGKILL'));
  await service.exit;
}

/** Waits until `ready()` is true; throws SetupError with the end of the service's log if it ends or takes too long. */
export async function waitFor(name, service, ready, timeoutSeconds = 30) {
  const until = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    if (service.ended !== null)
      throw new SetupError(`${name} ended at its start (${service.ended}):\n${tail(service.log)}`);
    if (await ready()) return;
    if (Date.now() > until) {
      await service.stop();
      throw new SetupError(`${name} was not ready after ${timeoutSeconds} s:\n${tail(service.log)}`);
    }
    await sleep(20);
  }
}

/** The last lines of a log file. */
export function tail(file, lines = 40) {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return `(no log at ${file})`;
  }
}

/** A TCP port of 127.0.0.1 that is free now, below those that the kernel itself hands to clients: no client can take it meanwhile. */
export async function freePort() {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await canListen(port)) return port;
  }
}

function canListen(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

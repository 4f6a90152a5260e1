import { mkdirSync, readFileSync, rmSync, writeFileSync, linkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SETUP } from './paths.mjs';
import { startOf } from './processes.mjs';
import { SetupError } from './steps.mjs';

/**
 * Takes a lock of that name, shared by all runs in this folder; returns the function that gives it back.
 * A lock whose owner is dead (by pid and start time) is taken over. `wait` false: null if somebody has it.
 * `dir`: another folder for the lock, for what is kept elsewhere.
 */
export async function lock(name, { wait = true, minutes = 30, dir = join(SETUP, 'locks') } = {}) {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, name);
  const mine = `${process.pid} ${startOf(process.pid)}`;
  const until = Date.now() + minutes * 60_000;
  for (let told = false; ;) {
    if (take(file, mine)) return () => rmSync(file, { force: true });
    const owner = read(file);
    if (owner !== null && !alive(owner)) {
      steal(file, owner);
      continue;
    }
    if (!wait) return null;
    if (Date.now() > until)
      throw new SetupError(`${file} is still held by process ${owner}; remove it if that is wrong.`);
    if (!told) console.log(`  waiting for process ${owner?.split(' ')[0]}, which does "${name}" right now …`);
    told = true;
    await sleep(250);
  }
}

/** Runs `work` while holding the lock. */
export async function locked(name, work) {
  const release = await lock(name);
  try {
    return await work();
  } finally {
    release();
  }
}

// A hard link makes name and content appear at once: nobody ever reads a lock without its owner.
function take(file, owner) {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, owner);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

// Of several that find the same dead owner one takes the lock over; the others must not remove that one's new lock.
function steal(file, deadOwner) {
  if (!take(`${file}.steal`, 'stealing')) return;
  try {
    if (read(file) === deadOwner) rmSync(file, { force: true });
  } finally {
    rmSync(`${file}.steal`, { force: true });
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function alive(owner) {
  const [pid, start] = owner.split(' ');
  return startOf(Number(pid)) === start;
}

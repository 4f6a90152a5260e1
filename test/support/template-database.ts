import pg from 'pg';
import { migrate } from '../../src/platform/database/migrate.js';
import { databaseUrl, serviceAt, templateName, uniqueName } from './services.js';

/**
 * Vitest's global set-up: makes the database that createDatabase() clones, with the service's own migrations. It gets its
 * name when it is whole, so that runs at the same time never clone a half-made one.
 */
export default async function setup(): Promise<void> {
  const name = templateName();
  const admin = new pg.Client({ connectionString: serviceAt('postgres') });
  await admin.connect();
  try {
    await admin.query("SELECT pg_advisory_lock(hashtext('sidescan test template'))");
    const { rowCount } = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 1) return;
    const draft = uniqueName();
    await admin.query(`CREATE DATABASE ${draft}`);
    await migrate(databaseUrl(draft));
    await admin.query(`ALTER DATABASE ${draft} RENAME TO ${name}`);
  } finally {
    await admin.end();
  }
}

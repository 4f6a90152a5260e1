import { loadDatabaseUrl } from './config/config.js';
import { migrate } from './platform/database/migrate.js';
import { endOnSignals } from './stop-signal.js';

/** `npm run migrate`: brings the database of DATABASE_URL to this version. Exit 0 when it is there, 1 with the reason otherwise. */
async function main(): Promise<void> {
  endOnSignals(); // a migration that is cut off leaves nothing behind
  const { applied, unknown } = await migrate(loadDatabaseUrl());
  for (const name of applied) console.log(`applied ${name}`);
  if (applied.length === 0) console.log('the database is up to date');
  if (unknown.length > 0) console.log(`the database is newer than this version: it also has ${unknown.join(', ')}`);
}

main().catch((error: unknown) => {
  console.error(`migrate: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});

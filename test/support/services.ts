import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MIGRATIONS_DIR } from '../../src/platform/database/migrate.js';

/** Variables in which `npm test`, `npm run test:e2e` and `node scripts/services.mjs` tell where the services for tests are. */
const SERVICES = {
  postgres: 'TEST_DATABASE_URL',
  redis: 'TEST_REDIS_URL',
  s3Endpoint: 'TEST_S3_ENDPOINT',
  s3AccessKeyId: 'TEST_S3_ACCESS_KEY_ID',
  s3SecretAccessKey: 'TEST_S3_SECRET_ACCESS_KEY',
} as const;

/** Where a service for tests is; a test never starts or skips one itself. */
export function serviceAt(name: keyof typeof SERVICES): string {
  const value = process.env[SERVICES[name]];
  if (value === undefined || value === '') {
    throw new Error(
      `${SERVICES[name]} is not set: run "npm test", or "node scripts/services.mjs" and paste what it prints`,
    );
  }
  return value;
}

/** A name that no other test uses: letters and digits that fit a database, a bucket and a key prefix. */
export function uniqueName(): string {
  return `t${Date.now().toString(36)}${randomBytes(5).toString('hex')}`;
}

/** The URL of another database on the same server. */
export function databaseUrl(database: string): string {
  const url = new URL(serviceAt('postgres'));
  url.pathname = `/${database}`;
  return url.href;
}

/** Name of the template database of these migrations: another content is another template. */
export function templateName(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(MIGRATIONS_DIR).sort()) {
    if (!name.endsWith('.toml')) hash.update(name).update(readFileSync(join(MIGRATIONS_DIR, name, 'migration.sql')));
  }
  return `sidescan_template_${hash.digest('hex').slice(0, 16)}`;
}

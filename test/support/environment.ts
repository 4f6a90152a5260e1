import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type Config } from '../../src/config/config.js';
import { createDatabase } from './database.js';
import { serviceAt, uniqueName } from './services.js';

/** The bootstrap key of every test installation. */
export const ADMIN_KEY = 'test-admin-key-that-is-long-enough-000';

/** An installation of a test's own: database, queue prefix and report folder that nobody else uses. */
export interface TestInstallation {
  /** The variables, for a service that is started as a process. */
  env: Record<string, string>;
  /** The same, read by the service's own configuration. */
  config: Config;
  remove(): Promise<void>;
}

/** Makes an installation; `more` sets or replaces variables. Call remove() in afterAll. */
export async function createInstallation(more: Record<string, string> = {}): Promise<TestInstallation> {
  const database = await createDatabase();
  const dir = await mkdtemp(join(tmpdir(), 'sidescan-test-'));
  const env = {
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: database.url,
    REDIS_URL: serviceAt('redis'),
    SIDESCAN_QUEUE_PREFIX: uniqueName(),
    SIDESCAN_STORE: `file:${join(dir, 'store')}`,
    SIDESCAN_RUNTIME: 'podman',
    SIDESCAN_SCANNER_IMAGE: 'localhost/sidescan-scanner:dev',
    SIDESCAN_ADMIN_KEY: ADMIN_KEY,
    SIDESCAN_LOG_LEVEL: 'error',
    ...more,
  };
  return {
    env,
    config: loadConfig(env),
    remove: async () => {
      await database.drop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

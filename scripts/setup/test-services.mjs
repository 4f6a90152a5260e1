import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TEST_DATA } from './paths.mjs';
import { startPostgres } from './postgres.mjs';
import { startOf } from './processes.mjs';
import { startRedis } from './redis.mjs';
import { startS3 } from './s3.mjs';
import { step } from './steps.mjs';

/**
 * Starts Postgres, Redis and an S3 server for one test run: data folder and ports of its own, so that runs do not meet, and
 * nothing of it outlives the run. Returns `{env, stop}`; `env` has the variables that test/support/services.ts reads.
 */
export async function startTestServices({ s3 = true } = {}) {
  removeLeftovers();
  const dir = join(TEST_DATA, `run-${process.pid}-${startOf(process.pid)}`);
  mkdirSync(dir, { recursive: true });
  const started = [];
  const stop = async () => {
    while (started.length > 0) await started.pop().stop();
    rmSync(dir, { recursive: true, force: true });
  };
  const start = async (name, work) => {
    const service = await step(name, work);
    started.push(service);
    return service;
  };
  const at = (name) => ({ dir: join(dir, name), log: join(dir, `${name}.log`), durable: false });
  try {
    const postgres = await start('postgres', () => startPostgres(at('postgres')));
    const redis = await start('redis', (busy) => startRedis({ ...at('redis'), busy }));
    const env = { TEST_DATABASE_URL: postgres.url, TEST_REDIS_URL: redis.url };
    if (s3) {
      const store = await start('s3', (busy) => startS3({ dir: join(dir, 's3'), busy }));
      env.TEST_S3_ENDPOINT = store.endpoint;
      env.TEST_S3_ACCESS_KEY_ID = store.accessKeyId;
      env.TEST_S3_SECRET_ACCESS_KEY = store.secretAccessKey;
    }
    return { env, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

// A run that was killed could not remove its folder. Its services died with it: the kernel signals them (setup/processes.mjs).
function removeLeftovers() {
  mkdirSync(TEST_DATA, { recursive: true });
  for (const name of readdirSync(TEST_DATA)) {
    const [, pid, start] = /^run-(\d+)-(\d+)$/.exec(name) ?? [];
    if (pid !== undefined && startOf(Number(pid)) !== start)
      rmSync(join(TEST_DATA, name), { recursive: true, force: true });
  }
}

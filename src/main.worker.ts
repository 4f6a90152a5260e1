import 'reflect-metadata';
import { ConfigError, loadConfig } from './config/config.js';
import { jobContext } from './execution/job-context.js';
import { createLogger } from './platform/logging/logger.js';
import { endOnSignals } from './stop-signal.js';
import { startWorker } from './worker.js';

/** A worker that has not stopped by then is ended: whatever it did is gone on with by another one, as after a crash. */
const STOP_WITHIN_MS = 15_000;

/** `npm run start:worker`: works until SIGTERM or SIGINT. Exit 1 with the reason if it cannot start. */
async function main(): Promise<void> {
  const firstSignal = endOnSignals();
  const config = loadConfig();
  const logger = createLogger(config.logLevel, () => jobContext.getStore() ?? {});
  const worker = await startWorker(config, logger);
  const { runtime, namespace, maxPods } = config;
  logger.info({ runtime, namespace, maxPods, store: config.store.kind }, 'Sidescan worker works');
  const signal = await firstSignal();
  logger.info({ signal }, 'Sidescan worker stops; its pods stay for the next one');
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  await worker.stop();
}

main().catch((error: unknown) => {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(error instanceof ConfigError ? error.message : `worker: ${trace}`);
  process.exit(1);
});

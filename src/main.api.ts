import 'reflect-metadata';
import { createApi } from './api.js';
import { ConfigError, loadConfig } from './config/config.js';
import { requestContext } from './edge/request-context.js';
import { NotMigratedError } from './platform/database/migrated.js';
import { isDatabaseUnavailable } from './platform/database/unavailable.js';
import { createLogger } from './platform/logging/logger.js';
import { endOnSignals } from './stop-signal.js';

/** Requests that are not answered by then are cut off: Kubernetes would kill the process after 30 s anyway. */
const STOP_WITHIN_MS = 25_000;

/** `npm run start:api`: serves HTTP until SIGTERM or SIGINT, then lets running requests end. Exit 1 with the reason if it cannot start. */
async function main(): Promise<void> {
  const firstSignal = endOnSignals();
  const config = loadConfig();
  const logger = createLogger(config.logLevel, () => requestContext.getStore() ?? {});
  const app = await createApi(config, logger);
  await app.listen(config.http.port, config.http.host);
  const url = await app.getUrl();
  logger.info({ url, store: config.store.kind, docs: `${url}/docs` }, `Sidescan API listens on ${url}`);
  const signal = await firstSignal();
  logger.info({ signal }, 'Sidescan API stops when its running requests are answered');
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  await app.close();
}

/** What a person needs to know of a start that failed: a stack only where the fault is ours. */
function reasonOf(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (!(error instanceof Error)) return `api: ${String(error)}`;
  if (error instanceof NotMigratedError) return `api: ${error.message}`;
  if (isDatabaseUnavailable(error))
    return `api: the database of DATABASE_URL does not answer: ${error.message.trim().split('\n').at(-1)}`;
  return `api: ${error.stack ?? error.message}`;
}

main().catch((error: unknown) => {
  console.error(reasonOf(error));
  process.exit(1);
});

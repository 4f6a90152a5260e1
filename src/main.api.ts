import 'reflect-metadata';
import { createApi } from './api.js';
import { ConfigError, loadConfig } from './config/config.js';
import { requestContext } from './edge/request-context.js';
import { createLogger } from './platform/logging/logger.js';

/** `npm run start:api`: serves HTTP until SIGTERM or SIGINT, then lets running requests end. Exit 1 with the reason if it cannot start. */
async function main(): Promise<void> {
  const config = loadConfig();
  const logger = createLogger(config.logLevel, () => requestContext.getStore() ?? {});
  const app = await createApi(config, logger);
  app.enableShutdownHooks();
  await app.listen(config.http.port, config.http.host);
  const url = await app.getUrl();
  logger.info({ url, store: config.store.kind, docs: `${url}/docs` }, `Sidescan API listens on ${url}`);
}

main().catch((error: unknown) => {
  const reason =
    error instanceof ConfigError
      ? error.message
      : `api: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  console.error(reason);
  process.exit(1);
});

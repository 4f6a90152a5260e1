import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { ApiModule } from './api.module.js';
import type { Config } from './config/config.js';
import { takeArchives } from './edge/archive-body.js';
import { askKeyFirst, httpAdapter, takeJsonOnly } from './edge/http-server.js';
import { RouteTable } from './edge/route-table.js';
import { assertMigrated } from './platform/database/migrated.js';
import { PrismaService } from './platform/database/prisma.service.js';
import { NestLogger } from './platform/logging/logger.js';
import { JobQueue } from './ports/job-queue.js';

/** The API, wired and ready to listen. Throws if the database does not answer or lacks a migration. */
export async function createApi(config: Config, logger: Logger): Promise<NestFastifyApplication> {
  const routes = new RouteTable();
  const app = await NestFactory.create<NestFastifyApplication>(
    ApiModule.with(config, routes),
    httpAdapter(config, routes, logger),
    { logger: new NestLogger(logger), bodyParser: false, abortOnError: false },
  );
  askKeyFirst(app);
  takeJsonOnly(app);
  await takeArchives(app);
  const queue = app.get<JobQueue>(JobQueue);
  // When the last request is answered: one of them may still queue a job.
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onClose', () => queue.close());
  await assertMigrated(app.get(PrismaService));
  return app;
}

/** The API's routes without anything behind them (Nest's preview: nothing is constructed), for its description. */
export function createApiPreview(): Promise<NestFastifyApplication> {
  // Factories do not run in a preview, so nothing reads this.
  const unread = { databaseUrl: '', redisUrl: '', store: { kind: 'folder', dir: '' } } as unknown as Config;
  const module = ApiModule.with(unread, new RouteTable());
  return NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), { preview: true, logger: ['error'] });
}

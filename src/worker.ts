import { NestFactory } from '@nestjs/core';
import type { Logger } from 'pino';
import type { Config } from './config/config.js';
import { ScanProcessor } from './execution/scan.processor.js';
import { NestLogger } from './platform/logging/logger.js';
import { JobQueue } from './ports/job-queue.js';
import { PodRuntime } from './ports/pod-runtime.js';
import { ReportWork } from './reports/threads/report-work.js';
import { WorkerModule, type WorkerParts } from './worker.module.js';

/** A worker that works. */
export interface RunningWorker {
  /** Takes no more jobs, lets go of those that run, closes every connection; pods stay for whoever goes on. */
  stop(): Promise<void>;
}

/** Starts a worker; throws if the database or the engine does not answer. */
export async function startWorker(config: Config, logger: Logger, parts: WorkerParts = {}): Promise<RunningWorker> {
  const module = WorkerModule.with(config, parts);
  const app = await NestFactory.createApplicationContext(module, {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  const runtime = app.get<PodRuntime>(PodRuntime);
  const queue = app.get<JobQueue>(JobQueue);
  const reports = app.get<ReportWork>(ReportWork);
  await runtime.check();
  // No reason not to start: jobs that are lost come back from the database, only later.
  await queue.check().catch((error: unknown) => logger.warn(`the queue is not as it should be: ${String(error)}`));
  const stop = new AbortController();
  const working = app.get(ScanProcessor).work(stop.signal);
  return {
    stop: async () => {
      stop.abort();
      await working;
      await app.close();
      await reports.close();
      await queue.close();
      if (!parts.runtime) await runtime.close();
    },
  };
}

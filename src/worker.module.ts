import { Logger, Module, type DynamicModule, type Provider } from '@nestjs/common';
import type { Config } from './config/config.js';
import { CONFIG } from './config/config.token.js';
import { EvidenceCollector } from './execution/evidence-collector.js';
import { PodFollow } from './execution/pod-follow.js';
import { PodWatch } from './execution/pod-watch.js';
import { ProfileDelivery } from './execution/profile-delivery.js';
import { ProfileTextKeeper } from './execution/profile-text-keeper.js';
import { ProfileTextRunner } from './execution/profile-text-runner.js';
import { Reaper } from './execution/reaper.js';
import { Reconciler } from './execution/reconciler.js';
import { ReportCollector } from './execution/report-collector.js';
import { ReportVerdicts } from './execution/report-verdict.js';
import { ScanAttempts } from './execution/scan-attempts.js';
import { ScanCleaner } from './execution/scan-cleaner.js';
import { ScanInputs } from './execution/scan-inputs.js';
import { ScanProcessor } from './execution/scan.processor.js';
import { ScanRunner } from './execution/scan-runner.js';
import { ScanTurns } from './execution/scan-turns.js';
import { PrismaService } from './platform/database/prisma.service.js';
import { openObjectStore } from './platform/objects/open-object-store.js';
import { openPodRuntime } from './platform/open-pod-runtime.js';
import { BullmqJobQueue } from './platform/queue/bullmq-job-queue.js';
import { JobQueue } from './ports/job-queue.js';
import { ObjectStore } from './ports/object-store.js';
import { PodRuntime } from './ports/pod-runtime.js';
import { BuiltInProfiles } from './profiles/built-in-profiles.js';
import { ProfileArchives } from './profiles/profile-archives.js';
import { ProfileTextsRepository } from './profiles/profile-texts.repository.js';
import { ProfilesRepository } from './profiles/profiles.repository.js';
import { ReportArchive } from './reports/report-archive.js';
import { ReportDictionariesRepository } from './reports/report-dictionaries.repository.js';
import { ReportThreads } from './reports/threads/report-threads.js';
import { ReportWork } from './reports/threads/report-work.js';
import { ScansRepository } from './scans/scans.repository.js';

const SERVICES: Provider[] = [
  ReportArchive,
  ReportDictionariesRepository,
  ScanProcessor,
  ScanRunner,
  ScanAttempts,
  ScanTurns,
  PodFollow,
  PodWatch,
  ProfileDelivery,
  ProfileTextRunner,
  ProfileTextKeeper,
  ScanInputs,
  ReportCollector,
  ReportVerdicts,
  EvidenceCollector,
  ScanCleaner,
  Reconciler,
  Reaper,
  ScansRepository,
  ProfileArchives,
  BuiltInProfiles,
  ProfilesRepository,
  ProfileTextsRepository,
];

/** What a test may put in the place of the real engine. */
export interface WorkerParts {
  runtime?: PodRuntime;
}

/** The worker side: jobs in, pods run, reports stored. */
@Module({})
export class WorkerModule {
  static with(config: Config, parts: WorkerParts = {}): DynamicModule {
    return { module: WorkerModule, providers: [...SERVICES, ...platform(config, parts)] };
  }
}

function platform(config: Config, parts: WorkerParts): Provider[] {
  const log = new Logger(BullmqJobQueue.name);
  const onError = (error: Error): void => log.warn(error.message);
  return [
    { provide: CONFIG, useValue: config },
    { provide: PrismaService, useFactory: () => new PrismaService(config.databaseUrl) },
    // Threads start when a report is to be read, and end when there is none.
    { provide: ReportWork, useFactory: () => new ReportThreads() },
    { provide: ObjectStore, useFactory: () => openObjectStore(config.store) },
    { provide: PodRuntime, useFactory: () => parts.runtime ?? openPodRuntime(config) },
    {
      provide: JobQueue,
      useFactory: () => new BullmqJobQueue({ redisUrl: config.redisUrl, prefix: config.queuePrefix, onError }),
    },
  ];
}

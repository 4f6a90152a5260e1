import { Logger, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { AuthService } from './auth/auth.service.js';
import { BootstrapKeyService } from './auth/bootstrap-key.service.js';
import { KeyGuard } from './auth/key.guard.js';
import { KeysController } from './auth/keys.controller.js';
import { KeysRepository } from './auth/keys.repository.js';
import { KeysService } from './auth/keys.service.js';
import type { Config } from './config/config.js';
import { CONFIG } from './config/config.token.js';
import { CheckPipe } from './edge/check.pipe.js';
import { DocsController } from './edge/docs.controller.js';
import { HealthController } from './edge/health.controller.js';
import { HealthService } from './edge/health.service.js';
import { ProblemFilter } from './edge/problem.filter.js';
import { QueryGuard } from './edge/query.guard.js';
import { RouteTable } from './edge/route-table.js';
import { ChangeNotifications } from './platform/database/notifications.js';
import { PrismaService } from './platform/database/prisma.service.js';
import { openObjectStore } from './platform/objects/open-object-store.js';
import { BullmqJobQueue } from './platform/queue/bullmq-job-queue.js';
import { JobQueue } from './ports/job-queue.js';
import { ObjectStore } from './ports/object-store.js';
import { BuiltInProfiles } from './profiles/built-in-profiles.js';
import { ProfileArchives } from './profiles/profile-archives.js';
import { ProfileTextsRepository } from './profiles/profile-texts.repository.js';
import { ProfileUploadsController } from './profiles/profile-uploads.controller.js';
import { ProfileUploadsService } from './profiles/profile-uploads.service.js';
import { ProfilesController } from './profiles/profiles.controller.js';
import { ProfilesRepository } from './profiles/profiles.repository.js';
import { ProfilesService } from './profiles/profiles.service.js';
import { ReportsController } from './reports/reports.controller.js';
import { ReportExportsService } from './reports/report-exports.service.js';
import { ReportsService } from './reports/reports.service.js';
import { SummaryRepository } from './reports/summary.repository.js';
import { ReportArchive } from './reports/report-archive.js';
import { ReportDictionariesRepository } from './reports/report-dictionaries.repository.js';
import { ReportThreads } from './reports/threads/report-threads.js';
import { ReportWork } from './reports/threads/report-work.js';
import { GivenService } from './scans/given.service.js';
import { ScanControlsController } from './scans/scan-controls.controller.js';
import { ScanControlsRepository } from './scans/scan-controls.repository.js';
import { ScanControlsService } from './scans/scan-controls.service.js';
import { ScanHistoryRepository } from './scans/scan-history.repository.js';
import { ScansController } from './scans/scans.controller.js';
import { ScansService } from './scans/scans.service.js';
import { TargetsController } from './targets/targets.controller.js';
import { TargetsRepository } from './targets/targets.repository.js';
import { TargetsService } from './targets/targets.service.js';
import { ThresholdChoiceService } from './thresholds/threshold-choice.service.js';
import { ThresholdEvaluationService } from './thresholds/threshold-evaluation.service.js';
import { ThresholdsController } from './thresholds/thresholds.controller.js';
import { ThresholdsRepository } from './thresholds/thresholds.repository.js';
import { ThresholdsService } from './thresholds/thresholds.service.js';

const CONTROLLERS = [
  ScansController,
  ScanControlsController,
  ReportsController,
  TargetsController,
  ProfilesController,
  ProfileUploadsController,
  ThresholdsController,
  KeysController,
  HealthController,
  DocsController,
];

const SERVICES: Provider[] = [
  ReportArchive,
  ReportDictionariesRepository,
  ScansService,
  GivenService,
  ScanHistoryRepository,
  ScanControlsService,
  ScanControlsRepository,
  ReportsService,
  ReportExportsService,
  SummaryRepository,
  TargetsService,
  TargetsRepository,
  ProfilesService,
  ProfileUploadsService,
  ProfileArchives,
  ProfilesRepository,
  ProfileTextsRepository,
  BuiltInProfiles,
  ThresholdsService,
  ThresholdEvaluationService,
  ThresholdChoiceService,
  ThresholdsRepository,
  AuthService,
  KeysService,
  KeysRepository,
  BootstrapKeyService,
  HealthService,
];

/** The HTTP side: every request goes through guard (key and scope), pipe (all faults of its input) and filter (problem+json). */
@Module({})
export class ApiModule {
  /** The module for one process; `routes` is filled by the HTTP server as routes are registered. */
  static with(config: Config, routes: RouteTable): DynamicModule {
    return {
      module: ApiModule,
      controllers: CONTROLLERS,
      providers: [
        ...SERVICES,
        ...platform(config),
        { provide: RouteTable, useValue: routes },
        { provide: APP_GUARD, useClass: KeyGuard },
        // After the key: who has none learns nothing of the routes.
        { provide: APP_GUARD, useClass: QueryGuard },
        { provide: APP_PIPE, useClass: CheckPipe },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    };
  }
}

function platform(config: Config): Provider[] {
  const queueLog = new Logger(BullmqJobQueue.name);
  return [
    { provide: CONFIG, useValue: config },
    { provide: PrismaService, useFactory: () => new PrismaService(config.databaseUrl) },
    { provide: ChangeNotifications, useFactory: () => new ChangeNotifications(config.databaseUrl) },
    // Threads start when a report is to be read, and end when there is none.
    { provide: ReportWork, useFactory: () => new ReportThreads() },
    { provide: ObjectStore, useFactory: () => openObjectStore(config.store) },
    {
      provide: JobQueue,
      useFactory: () =>
        new BullmqJobQueue({
          redisUrl: config.redisUrl,
          prefix: config.queuePrefix,
          onError: (error) => queueLog.warn(error.message),
        }),
    },
  ];
}

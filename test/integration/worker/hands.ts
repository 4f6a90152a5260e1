import { Logger } from '@nestjs/common';
import { EvidenceCollector } from '../../../src/execution/evidence-collector.js';
import { PodFollow } from '../../../src/execution/pod-follow.js';
import { PodWatch } from '../../../src/execution/pod-watch.js';
import { ProfileDelivery } from '../../../src/execution/profile-delivery.js';
import { ProfileTextKeeper } from '../../../src/execution/profile-text-keeper.js';
import { ProfileTextRunner } from '../../../src/execution/profile-text-runner.js';
import { Reaper } from '../../../src/execution/reaper.js';
import { Reconciler } from '../../../src/execution/reconciler.js';
import { ReportCollector } from '../../../src/execution/report-collector.js';
import { ReportVerdicts } from '../../../src/execution/report-verdict.js';
import { ScanAttempts } from '../../../src/execution/scan-attempts.js';
import { ScanCleaner } from '../../../src/execution/scan-cleaner.js';
import { ScanInputs } from '../../../src/execution/scan-inputs.js';
import { ScanRunner } from '../../../src/execution/scan-runner.js';
import { ScanTurns } from '../../../src/execution/scan-turns.js';
import type { PodRuntime } from '../../../src/ports/pod-runtime.js';
import { BuiltInProfiles } from '../../../src/profiles/built-in-profiles.js';
import { ProfileArchives } from '../../../src/profiles/profile-archives.js';
import { ProfileTextsRepository } from '../../../src/profiles/profile-texts.repository.js';
import { ProfilesRepository } from '../../../src/profiles/profiles.repository.js';
import { ReportArchive } from '../../../src/reports/report-archive.js';
import { ReportDictionariesRepository } from '../../../src/reports/report-dictionaries.repository.js';
import { SameThreadReports } from '../../../src/reports/threads/report-work.js';
import type { Scene } from './scene.js';

/** Sees every call that a worker's parts make outwards; what it throws, the call throws. `after`: the call has had its effect. */
export type Spy = (call: string, when: 'before' | 'after') => void | Promise<void>;

/** The parts of one worker without its queue, so that a test can drive them by hand, step by step. */
export interface Hands {
  runner: ScanRunner;
  cleaner: ScanCleaner;
  turns: ScanTurns;
  reaper: Reaper;
  reconciler: Reconciler;
  reader: ProfileTextRunner;
  keeper: ProfileTextKeeper;
  stop(): Promise<void>;
}

/** Wires the parts of a worker to a scene and an engine; `spy` sees all their calls to database, engine and store. */
export function hands(scene: Scene, engine: PodRuntime, spy: Spy = () => undefined): Hands {
  Logger.overrideLogger(false);
  const scans = spied('scans', scene.scans, spy);
  const runtime = spied('pods', engine, spy);
  const store = spied('store', scene.store, spy);
  const profiles = new ProfilesRepository(scene.prisma);
  const archives = new ProfileArchives(scene.config, new BuiltInProfiles(profiles), profiles, store);
  const watch = new PodWatch(engine);
  watch.onApplicationBootstrap();
  const evidence = new EvidenceCollector(runtime);
  const cleaner = new ScanCleaner(scans, runtime, evidence);
  const delivery = new ProfileDelivery(archives, runtime, scans);
  const inputs = new ScanInputs(scene.config, scans);
  const follow = new PodFollow(scene.config, watch, runtime, scans);
  const dictionaries = spied('dictionaries', new ReportDictionariesRepository(scene.prisma), spy);
  const archive = new ReportArchive(scene.config, store, dictionaries, new SameThreadReports());
  const reports = new ReportCollector(scene.config, runtime, archive);
  const texts = spied('texts', new ProfileTextsRepository(scene.prisma), spy);
  const queue = spied('queue', scene.queue, spy);
  const reader = new ProfileTextRunner(
    scene.config,
    texts,
    archives,
    queue,
    runtime,
    delivery,
    follow,
    reports,
    evidence,
  );
  const verdicts = new ReportVerdicts(new SameThreadReports());
  const attempts = new ScanAttempts(scene.config, scans, runtime, evidence, queue);
  const turns = new ScanTurns(scene.config, scans, queue);
  return {
    runner: new ScanRunner(
      scene.config,
      scans,
      runtime,
      delivery,
      inputs,
      follow,
      reports,
      verdicts,
      evidence,
      cleaner,
      texts,
      attempts,
      turns,
    ),
    cleaner,
    turns,
    reaper: new Reaper(scans, runtime, cleaner),
    reconciler: new Reconciler(scans, scene.queue, evidence),
    reader,
    keeper: new ProfileTextKeeper(texts, queue, runtime, reader),
    stop: () => watch.onApplicationShutdown(),
  };
}

function spied<T extends object>(name: string, real: T, spy: Spy): T {
  return new Proxy(real, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]): Promise<unknown> => {
        const call = `${name}.${String(property)}`;
        await spy(call, 'before');
        const answer: unknown = await (value as (...of: unknown[]) => unknown).apply(target, args);
        await spy(call, 'after');
        return answer;
      };
    },
  });
}

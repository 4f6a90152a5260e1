import { pino } from 'pino';
import { loadConfig, type Config } from '../../../src/config/config.js';
import { newId } from '../../../src/domain/ids.js';
import { PrismaService } from '../../../src/platform/database/prisma.service.js';
import { BullmqJobQueue } from '../../../src/platform/queue/bullmq-job-queue.js';
import { BuiltInProfiles } from '../../../src/profiles/built-in-profiles.js';
import { ProfilesRepository } from '../../../src/profiles/profiles.repository.js';
import { openObjectStore } from '../../../src/platform/objects/open-object-store.js';
import type { JobQueue } from '../../../src/ports/job-queue.js';
import type { ObjectStore } from '../../../src/ports/object-store.js';
import type { PodRuntime } from '../../../src/ports/pod-runtime.js';
import { isTerminal } from '../../../src/domain/scan-state.js';
import { ScanHistoryRepository } from '../../../src/scans/scan-history.repository.js';
import { ScansRepository } from '../../../src/scans/scans.repository.js';
import { sealInputs } from '../../../src/scans/sealed-inputs.js';
import type { Evidence, Scan } from '../../../src/scans/scan.js';
import { startWorker, type RunningWorker } from '../../../src/worker.js';
import { createInstallation } from '../../support/environment.js';
import { anImageTarget } from '../../support/factories.js';

export type Asked = Partial<
  Pick<Scan, 'profile' | 'inputs' | 'waivers' | 'threshold' | 'timeoutSeconds' | 'securityMode' | 'allowTargetCommands'>
> & {
  target?: Partial<Scan['target']>;
  projectId?: string;
  /** Values; stored as the API stores them. */
  sensitiveInputs?: Record<string, unknown>;
};

/** An installation with database, queue and store of its own, in which a test submits scans and starts and stops workers. */
export class Scene {
  readonly workers: RunningWorker[] = [];
  private readonly siblings: Scene[] = [];

  private constructor(
    readonly config: Config,
    /** The variables that the configuration was read from. */
    readonly env: Record<string, string>,
    readonly prisma: PrismaService,
    readonly scans: ScansRepository,
    readonly history: ScanHistoryRepository,
    readonly queue: JobQueue,
    readonly store: ObjectStore,
    readonly projectId: string,
    private readonly removeInstallation: () => Promise<void>,
  ) {}

  static async open(more: Record<string, string> = {}): Promise<Scene> {
    const installation = await createInstallation(more);
    const { config } = installation;
    const prisma = new PrismaService(config.databaseUrl);
    const projectId = newId('project');
    await prisma.project.create({ data: { id: projectId, name: projectId } });
    // Built-in profiles count as read: tests of scans then see the pods of scans and no others.
    const builtIn = await new BuiltInProfiles(new ProfilesRepository(prisma)).archives();
    const read = builtIn.map(({ digest }) => ({ digest, state: 'ready', readAt: new Date() }));
    await prisma.profileText.createMany({ data: read });
    const onError = (): void => undefined;
    const queue = new BullmqJobQueue({ redisUrl: config.redisUrl, prefix: config.queuePrefix, onError });
    const store = openObjectStore(config.store);
    return new Scene(
      config,
      installation.env,
      prisma,
      new ScansRepository(prisma),
      new ScanHistoryRepository(prisma),
      queue,
      store,
      projectId,
      () => installation.remove(),
    );
  }

  /** The same installation with other variables, for a worker that is configured otherwise. It closes with the scene. */
  static sibling(scene: Scene, more: Record<string, string>): Scene {
    const config = loadConfig({ ...scene.env, ...more });
    const { prisma, scans, history, queue, store, projectId } = scene;
    const none = (): Promise<void> => Promise.resolve();
    const sibling = new Scene(config, scene.env, prisma, scans, history, queue, store, projectId, none);
    scene.siblings.push(sibling);
    return sibling;
  }

  async close(): Promise<void> {
    await Promise.all(this.siblings.flatMap((one) => one.workers).map((worker) => worker.stop()));
    await Promise.all(this.workers.map((worker) => worker.stop()));
    await this.queue.close();
    await this.prisma.$disconnect();
    await this.removeInstallation();
  }

  /** Starts a worker on this engine, or on the configured one. */
  async worker(runtime?: PodRuntime): Promise<RunningWorker> {
    const worker = await startWorker(this.config, pino({ level: this.config.logLevel }), { runtime });
    this.workers.push(worker);
    return worker;
  }

  /** Another project than the scene's own. */
  async project(): Promise<string> {
    const id = newId('project');
    await this.prisma.project.create({ data: { id, name: id } });
    return id;
  }

  /** Stores a scan as the API does, without its job. */
  async insert(asked: Asked = {}): Promise<Scan> {
    const target = anImageTarget(asked.target);
    const id = newId('scan');
    const projectId = asked.projectId ?? this.projectId;
    const { encryptionKey } = this.config;
    const secrets = asked.sensitiveInputs ?? {};
    const names = Object.keys(secrets);
    const seal = names.length > 0 && encryptionKey !== null;
    return this.history.create({
      id,
      projectId,
      identity: `image:${target.image}`,
      target,
      profile: asked.profile ?? { name: 'container-baseline', version: null, configMap: null, digest: null },
      inputs: asked.inputs ?? {},
      sensitiveInputs: names,
      sealedInputs: seal ? sealInputs(secrets, encryptionKey, { id, projectId }) : null,
      waivers: asked.waivers ?? {},
      threshold: asked.threshold ?? null,
      thresholdName: null,
      labels: {},
      timeoutSeconds: asked.timeoutSeconds ?? 120,
      securityMode: asked.securityMode ?? 'general',
      allowTargetCommands: asked.allowTargetCommands ?? [],
    });
  }

  async submit(asked: Asked = {}): Promise<Scan> {
    const scan = await this.insert(asked);
    await this.queue.add('scan.run', { scanId: scan.id, attempt: scan.attempt });
    return scan;
  }

  /** Cancels without a job that cleans up. */
  async markCanceled(id: string): Promise<void> {
    await this.history.cancel(this.projectId, id);
  }

  async cancel(id: string): Promise<void> {
    await this.markCanceled(id);
    await this.queue.add('scan.clean', { scanId: id, attempt: 1 });
  }

  async read(id: string): Promise<Scan> {
    const scan = await this.scans.find(id);
    if (!scan) throw new Error(`there is no scan ${id}`);
    return scan;
  }

  async evidence(id: string): Promise<Evidence | null> {
    const { projectId } = await this.read(id);
    return (await this.history.evidence(projectId, id)) ?? null;
  }

  async podGoneAt(id: string): Promise<Date | null> {
    return (await this.prisma.scan.findUniqueOrThrow({ where: { id } })).podGoneAt;
  }

  /** The scan once it has ended and its pod is known to be gone. */
  async ended(id: string, ms = 60_000): Promise<Scan> {
    return this.until(
      id,
      ms,
      async (scan) => isTerminal(scan.state) && (scan.podName === null || (await this.podGoneAt(id)) !== null),
    );
  }

  async until(id: string, ms: number, test: (scan: Scan) => boolean | Promise<boolean>): Promise<Scan> {
    const end = Date.now() + ms;
    for (;;) {
      const scan = await this.read(id);
      if (await test(scan)) return scan;
      if (Date.now() > end) throw new Error(`${id} is ${scan.state} after ${ms} ms: ${JSON.stringify(scan.failure)}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

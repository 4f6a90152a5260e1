import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { isTerminal } from '../../../src/domain/scan-state.js';
import { CutWire } from '../../support/cut-wire.js';
import { OwnRedis } from '../../support/redis.js';
import { s3Environment, s3Options } from '../../support/s3.js';
import { serviceAt } from '../../support/services.js';
import type { RunningWorker } from '../../../src/worker.js';
import { prove, recordMoves, type Expected } from './chaos-proof.js';
import { engine, REPORT, TARGET_IMAGE } from './memory-scanner.js';
import { Scene } from './scene.js';
import { unreliable, type UnreliableEngine } from './unreliable-engine.js';

/** `CHAOS_SEEDS=7,8,9 CHAOS_SECONDS=120` runs others, and longer. */
const SEEDS = (process.env.CHAOS_SEEDS ?? '1,2').split(',').map(Number);
const SECONDS = Number(process.env.CHAOS_SECONDS ?? '12');
const CAP = 4;

/** The same numbers for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A worker with lines of its own to everything: cut, it is to the others as one that was killed, until it comes back and does not know. */
interface Worker {
  wires: { postgres: CutWire; redis: CutWire; s3: CutWire };
  line: UnreliableEngine;
  running: RunningWorker;
  scene: Scene;
}

class World {
  readonly given: Expected[] = [];
  workers: Worker[] = [];
  readonly pods = engine((id) => this.#behaviour(id));
  readonly #reports = new Map<string, { report: Buffer; fails: boolean; ms: number }>();

  private constructor(
    readonly scene: Scene,
    readonly redis: OwnRedis,
    readonly s3: Awaited<ReturnType<typeof s3Options>>,
    readonly random: () => number,
  ) {}

  static async open(seed: number): Promise<World> {
    const redis = await OwnRedis.start();
    const s3 = await s3Options();
    const scene = await Scene.open({
      ...s3Environment(s3, 'chaos'),
      REDIS_URL: redis.url,
      SIDESCAN_MAX_PODS: String(CAP),
      SIDESCAN_ENCRYPTION_KEY: Buffer.alloc(32, 3).toString('base64'),
    });
    await recordMoves(scene);
    const world = new World(scene, redis, s3, randomOf(seed));
    world.workers = [await world.start(), await world.start()];
    return world;
  }

  async close(): Promise<void> {
    await this.scene.close();
    await this.pods.close();
    for (const { wires } of this.workers) await Promise.all(Object.values(wires).map((wire) => wire.close()));
    await this.redis.remove();
  }

  async start(): Promise<Worker> {
    const [postgres, redis, s3] = await Promise.all([
      CutWire.to(this.scene.config.databaseUrl),
      CutWire.to(this.redis.url),
      CutWire.to(serviceAt('s3Endpoint')),
    ]);
    const lines = { DATABASE_URL: postgres.url, REDIS_URL: redis.url };
    const store = s3Environment({ ...this.s3, endpoint: s3.url }, 'chaos');
    const scene = Scene.sibling(this.scene, { ...lines, ...store });
    const line = unreliable(this.pods);
    return { wires: { postgres, redis, s3 }, line, scene, running: await scene.worker(line.runtime) };
  }

  /** One scan: some fail by themselves, some take long, some are of the same target, all have a secret. */
  async submit(): Promise<void> {
    const report = Buffer.from(JSON.stringify({ ...(JSON.parse(REPORT.toString()) as object), run: randomUUID() }));
    const fails = this.random() < 0.2;
    const scan = await this.scene.insert({
      target: { image: TARGET_IMAGE },
      projectId: await this.#project(),
      sensitiveInputs: { token: 'a secret of the caller' },
      threshold: { failed: { total: { max: 100 } } },
      timeoutSeconds: 120,
    });
    this.#reports.set(scan.id, { report, fails, ms: this.random() < 0.2 ? 3_000 : 20 + 300 * this.random() });
    this.given.push({ id: scan.id, report, ends: fails ? 'failed' : 'completed', canceled: false, taken: 0 });
    const job = { scanId: scan.id, attempt: 1 };
    // As the API does it: a queue that is away delays a scan and loses none.
    if (this.random() < 0.8) await this.scene.queue.add('scan.run', job).catch(() => undefined);
  }

  any<T>(of: readonly T[]): T | undefined {
    return of[Math.floor(this.random() * of.length)];
  }

  async #project(): Promise<string> {
    return this.random() < 0.5 ? this.scene.projectId : this.scene.project();
  }

  #behaviour(id: string) {
    const { report, fails, ms } = this.#reports.get(id) ?? { report: REPORT, fails: false, ms: 20 };
    return fails ? { receipt: () => null, exitCode: 9 } : { report, until: sleep(ms) };
  }
}

/** What goes wrong; each resolves when it is mended again. */
const TROUBLES: Readonly<Record<string, (world: World) => Promise<void>>> = {
  'a worker vanishes, and comes back late': async (world) => {
    const worker = world.any(world.workers);
    if (!worker) return;
    const wires = Object.values(worker.wires);
    wires.forEach((wire) => wire.silence());
    worker.line.hang();
    await sleep(500 + world.random() * 15_000);
    wires.forEach((wire) => wire.mend());
    worker.line.answer();
  },
  'a worker is stopped, and another one started': async (world) => {
    const worker = world.workers.shift();
    if (!worker) return;
    const stopped = worker.running.stop();
    world.workers.push(await world.start());
    await stopped;
  },
  'connections to Postgres break': (world) => breakWires(world, 'postgres'),
  'Postgres is away': (world) => cut(world, 'postgres', 200 + world.random() * 4_000),
  'connections to Redis break': (world) => breakWires(world, 'redis'),
  'Redis crashes and comes back': async ({ redis, random }) => {
    await redis.kill();
    await sleep(random() * 3_000);
    await redis.start();
  },
  'Redis loses everything': async ({ redis }) => {
    const client = new Redis(redis.url, { maxRetriesPerRequest: 1 });
    client.on('error', () => undefined);
    await client.flushall().catch(() => undefined);
    client.disconnect();
  },
  'connections to the store break': (world) => breakWires(world, 's3'),
  'the store is away': (world) => cut(world, 's3', 500 + world.random() * 8_000),
  'the engine fails': async (world) => {
    const worker = world.any(world.workers);
    worker?.line.fail();
    await sleep(200 + world.random() * 3_000);
    worker?.line.work();
  },
  'a pod is taken away': async (world) => {
    const pod = world.any(await world.pods.list());
    const scan = world.given.find(({ id }) => id === pod?.labels['sidescan.dev/scan']);
    if (!pod || !scan) return;
    scan.taken += 1;
    await world.pods.remove(pod.name);
  },
  'somebody cancels': async (world) => {
    const scan = world.any(world.given);
    if (!scan) return;
    scan.canceled = true;
    const { projectId } = await world.scene.read(scan.id);
    await world.scene.history.cancel(projectId, scan.id);
  },
};

async function breakWires({ workers }: World, name: keyof Worker['wires']): Promise<void> {
  workers.forEach(({ wires }) => wires[name].break());
  return Promise.resolve();
}

async function cut({ workers }: World, name: keyof Worker['wires'], ms: number): Promise<void> {
  const wires = workers.map((worker) => worker.wires[name]);
  wires.forEach((wire) => wire.refuse());
  await sleep(ms);
  wires.forEach((wire) => wire.mend());
}

let world: World | null = null;
afterEach(async () => {
  await world?.close();
});

it.each(SEEDS)(
  'whatever goes wrong, the invariants hold (seed %i)',
  async (seed) => {
    world = await World.open(seed);
    const { random, scene } = world;
    const names = Object.keys(TROUBLES);
    const under: Promise<void>[] = [];
    for (const end = Date.now() + SECONDS * 1_000; Date.now() < end; await sleep(50 + random() * 250)) {
      if (random() < 0.6) await world.submit();
      if (random() < 0.4) under.push(TROUBLES[world.any(names) ?? '']?.(world) ?? Promise.resolve());
    }
    await Promise.all(under);
    const until = Date.now() + 90_000;
    for (const { id } of world.given) await scene.ended(id, Math.max(0, until - Date.now()));
    expect(world.given.length).toBeGreaterThan(10);
    await sleep(1_500); // what is late may still do harm
    for (const { id } of world.given) expect(isTerminal((await scene.read(id)).state)).toBe(true);
    await prove(scene, world.pods, world.given, CAP);
  },
  SECONDS * 1_000 + 150_000,
);

import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hands, type Spy } from './hands.js';
import { engine, REPORT, type Behaviour } from './memory-scanner.js';
import { Scene } from './scene.js';

const ALIVE = new AbortController().signal;

class Killed extends Error {}

/** Lets `calls` calls (each counts before and after its effect) through, and from then on none: what a killed process does to the world. */
function killAfter(calls: number): { spy: Spy; at: () => string | null } {
  let left = calls;
  let at: string | null = null;
  const spy: Spy = (call, when) => {
    if (left-- > 0) return;
    at ??= `${when} ${call}`;
    throw new Killed(at);
  };
  return { spy, at: () => at };
}

/** Kills a first worker after every number of calls there is, eight at a time; `prove` then continues with a second one. */
async function killEverywhere(
  scene: Scene,
  behaviour: Behaviour,
  prove: (scene: Scene, one: Killing) => Promise<void>,
): Promise<string[]> {
  const killedAt: string[] = [];
  let calls = 0;
  let ended = false;
  const next = async (): Promise<void> => {
    while (!ended) {
      const pods = engine(behaviour);
      const scan = await scene.insert({ threshold: { failed: { total: { max: 100 } } } });
      const job = { scanId: scan.id, attempt: 1 };
      const { spy, at } = killAfter(calls++);
      const first = hands(scene, pods, spy);
      await first.runner.run(job, ALIVE).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
      await first.stop();
      const death = at();
      if (death === null)
        ended = true; // it was never killed: every place has had its turn
      else await prove(scene, { death, pods, job });
      killedAt.push(death ?? 'never');
    }
  };
  await Promise.all(Array.from({ length: 8 }, next));
  return killedAt;
}

interface Killing {
  death: string;
  pods: ReturnType<typeof engine>;
  job: { scanId: string; attempt: number };
}

async function completes(scene: Scene, { death, pods, job }: Killing): Promise<void> {
  const second = hands(scene, pods);
  await second.runner.run(job, ALIVE);
  const done = await scene.ended(job.scanId, 20_000);
  const { state, verdict, failure } = done;
  expect
    .soft({ death, state, verdict, failure })
    .toEqual({ death, state: 'completed', verdict: 'passed', failure: null });
  expect.soft({ death, created: [...pods.created.values()] }).toEqual({ death, created: [1] });
  expect.soft(await pods.list(), death).toEqual([]);
  const stored = gunzipSync((await scene.store.get(done.report?.key ?? '', 10_000_000)) ?? Buffer.alloc(0));
  expect.soft(createHash('sha256').update(stored).digest('hex'), death).toBe(done.report?.sha256);
  expect.soft(stored.equals(REPORT), death).toBe(true);
  expect.soft(await scene.prisma.controlResult.count({ where: { scanId: job.scanId } }), death).toBe(19);
  await second.runner.run(job, ALIVE); // the job again, late: nothing changes
  expect.soft((await scene.read(job.scanId)).finishedAt, death).toEqual(done.finishedAt);
  await second.stop();
}

async function fails(scene: Scene, { death, pods, job }: Killing): Promise<void> {
  const second = hands(scene, pods);
  await second.runner.run(job, ALIVE);
  await second.stop();
  const done = await scene.ended(job.scanId, 20_000);
  expect
    .soft({ death, state: done.state, code: done.failure?.code })
    .toEqual({ death, state: 'failed', code: 'SCANNER_KILLED' });
  expect.soft({ death, created: [...pods.created.values()] }).toEqual({ death, created: [1] });
  expect.soft(await pods.list(), death).toEqual([]);
  expect.soft((await scene.evidence(job.scanId))?.pod?.name, death).toBe(done.podName);
}

describe('invariant 3: a worker killed anywhere is continued by another, with the same pod', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.open({ SIDESCAN_MAX_PODS: '200' });
  });
  afterAll(async () => {
    await scene?.close();
  });

  it('completes once, with one pod, whichever call was the last of the first worker', async () => {
    const killedAt = await killEverywhere(scene, {}, completes);
    const steps = [
      'scans.claim',
      'pods.provide',
      'pods.create',
      'scans.move',
      'pods.log',
      'store.put',
      'store.get',
      'scans.complete',
      'pods.remove',
      'scans.podGone',
    ];
    expect(killedAt).toEqual(expect.arrayContaining(steps.flatMap((step) => [`before ${step}`, `after ${step}`])));
  }, 120_000);

  it('fails once, with its evidence, whichever call was the last of the first worker', async () => {
    const killedAt = await killEverywhere(scene, { receipt: () => null, exitCode: 137 }, fails);
    const steps = ['pods.create', 'scans.fail', 'pods.remove', 'scans.podGone'];
    expect(killedAt).toEqual(expect.arrayContaining(steps.flatMap((step) => [`before ${step}`, `after ${step}`])));
  }, 120_000);
});

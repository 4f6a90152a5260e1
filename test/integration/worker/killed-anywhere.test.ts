import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hands, type Spy } from './hands.js';
import { engine, REPORT, type Behaviour } from './memory-scanner.js';
import { Scene } from './scene.js';

const ALIVE = new AbortController().signal;

class Killed extends Error {}

/** Names every moment before and after a call, such as `after scans.find 2`: the number counts, since a call is made more than once. */
function moments(): (call: string, when: 'before' | 'after') => string {
  const counts = new Map<string, number>();
  return (call, when) => {
    const name = `${when} ${call}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return `${name} ${count}`;
  };
}

/** Ends all calls from that moment on: what a killed process does to the world. */
function killAt(moment: string): { spy: Spy; happened: () => boolean } {
  const nameOf = moments();
  let dead = false;
  const spy: Spy = (call, when) => {
    dead ||= nameOf(call, when) === moment;
    if (dead) throw new Killed(moment);
  };
  return { spy, happened: () => dead };
}

/** Kills a first worker at every moment that an undisturbed run has, eight at a time; `prove` then continues with a second one. Returns where. */
async function killEverywhere(
  scene: Scene,
  behaviour: Behaviour,
  prove: (scene: Scene, one: Killing) => Promise<void>,
): Promise<string[]> {
  const start = async (spy: Spy) => {
    const pods = engine(behaviour);
    const scan = await scene.insert({ threshold: { failed: { total: { max: 100 } } } });
    const job = { scanId: scan.id, attempt: 1 };
    const first = hands(scene, pods, spy);
    await first.runner.run(job, ALIVE).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
    await first.stop();
    return { pods, job };
  };
  const all: string[] = [];
  const nameOf = moments();
  await start((call, when) => void all.push(nameOf(call, when)));
  const killedAt: string[] = [];
  const waiting = [...all];
  const next = async (): Promise<void> => {
    for (let death = waiting.shift(); death !== undefined; death = waiting.shift()) {
      const { spy, happened } = killAt(death);
      const started = await start(spy);
      // How often the pod is looked at depends on time: a moment that did not come this time is no place to die.
      if (!happened()) continue;
      killedAt.push(death);
      await prove(scene, { death, ...started });
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
    expect(killedAt).toEqual(expect.arrayContaining(steps.flatMap((step) => [`before ${step} 1`, `after ${step} 1`])));
  }, 120_000);

  it('fails once, with its evidence, whichever call was the last of the first worker', async () => {
    const killedAt = await killEverywhere(scene, { receipt: () => null, exitCode: 137 }, fails);
    const steps = ['pods.create', 'scans.fail', 'pods.remove', 'scans.podGone'];
    expect(killedAt).toEqual(expect.arrayContaining(steps.flatMap((step) => [`before ${step} 1`, `after ${step} 1`])));
  }, 120_000);
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storedReport } from '../../support/stored-report.js';
import { hands, type Spy } from './hands.js';
import { engine, REPORT, type Behaviour } from './memory-scanner.js';
import { Scene } from './scene.js';

/** Without them the receipt would not be believed: whoever continues has to deliver, and to expect, the very same. */
const GIVEN = {
  inputs: { size: 1 },
  sensitiveInputs: { token: 'a secret of the caller' },
  waivers: { 'container-1.1': { justification: 'known', run: false } },
};
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
function killAt(moment: string): { spy: Spy; signal: AbortSignal } {
  const nameOf = moments();
  const death = new AbortController(); // also ends what would wait for a store that comes back
  const spy: Spy = (call, when) => {
    if (nameOf(call, when) === moment) death.abort();
    if (death.signal.aborted) throw new Killed(moment);
  };
  return { spy, signal: death.signal };
}

/** Kills a first worker at every moment that an undisturbed run has, eight at a time; `prove` then continues with a second one. Returns where. */
async function killEverywhere(
  scene: Scene,
  behaviour: Behaviour,
  prove: (scene: Scene, one: Killing) => Promise<void>,
): Promise<string[]> {
  const start = async (spy: Spy, signal = ALIVE) => {
    // A report and a project of its own, or what another left in the store would be found there.
    const report = Buffer.from(JSON.stringify({ ...(JSON.parse(REPORT.toString()) as object), run: randomUUID() }));
    const pods = engine({ report, ...behaviour });
    const projectId = await scene.project();
    const scan = await scene.insert({ ...GIVEN, threshold: { failed: { total: { max: 100 } } }, projectId });
    const job = { scanId: scan.id, attempt: 1 };
    const first = hands(scene, pods, spy);
    await first.runner.run(job, signal).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
    await first.stop();
    return { pods, job, report };
  };
  const all: string[] = [];
  const nameOf = moments();
  await start((call, when) => void all.push(nameOf(call, when)));
  const killedAt: string[] = [];
  const waiting = [...all];
  const next = async (): Promise<void> => {
    for (let death = waiting.shift(); death !== undefined; death = waiting.shift()) {
      const { spy, signal } = killAt(death);
      const started = await start(spy, signal);
      // How often the pod is looked at depends on time: a moment that did not come this time is no place to die.
      if (!signal.aborted) continue;
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
  report: Buffer;
}

async function completes(scene: Scene, { death, pods, job, report }: Killing): Promise<void> {
  const second = hands(scene, pods);
  await second.runner.run(job, ALIVE);
  const done = await scene.ended(job.scanId, 20_000);
  const { state, verdict, failure } = done;
  expect
    .soft({ death, state, verdict, failure })
    .toEqual({ death, state: 'completed', verdict: 'passed', failure: null });
  expect.soft({ death, created: [...pods.created.values()] }).toEqual({ death, created: [1] });
  expect.soft(await pods.list(), death).toEqual([]);
  if (done.report === null) throw new Error(`${death}: there is no report`);
  const stored = await storedReport((key) => scene.store.get(key, 10_000_000), done.report);
  expect.soft(stored.equals(report), death).toBe(true);
  expect.soft(await scene.scans.sealedInputs(job.scanId, 1), death).toBeNull();
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
    const SIDESCAN_ENCRYPTION_KEY = Buffer.alloc(32, 1).toString('base64');
    scene = await Scene.open({ SIDESCAN_MAX_PODS: '200', SIDESCAN_ENCRYPTION_KEY });
  });
  afterAll(async () => {
    await scene?.close();
  });

  it('completes once, with one pod, whichever call was the last of the first worker', async () => {
    const killedAt = await killEverywhere(scene, {}, completes);
    const steps = [
      'scans.claim',
      'pods.provide',
      'scans.sealedInputs',
      'pods.create',
      'scans.move',
      'pods.log',
      'store.size',
      'dictionaries.find',
      'store.put',
      'dictionaries.name',
      'store.get',
      'scans.complete',
      'pods.remove',
      'scans.podGone',
    ];
    expect(killedAt).toEqual(expect.arrayContaining(steps.flatMap((step) => [`before ${step} 1`, `after ${step} 1`])));
    expect(killedAt).toEqual(expect.arrayContaining(['before store.put 2', 'after store.put 2'])); // dictionary and report
  }, 120_000);

  it('fails once, with its evidence, whichever call was the last of the first worker', async () => {
    const killedAt = await killEverywhere(scene, { receipt: () => null, exitCode: 137 }, fails);
    const steps = ['pods.create', 'scans.fail', 'pods.remove', 'scans.podGone'];
    expect(killedAt).toEqual(expect.arrayContaining(steps.flatMap((step) => [`before ${step} 1`, `after ${step} 1`])));
  }, 120_000);
});

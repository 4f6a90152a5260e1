import { afterEach, describe, expect, it } from 'vitest';
import type { MemoryPodRuntime } from '../../../src/platform/memory/memory-pod-runtime.js';
import { hands } from './hands.js';
import { engine, gate } from './memory-scanner.js';
import { Scene } from './scene.js';

const ALIVE = new AbortController().signal;
const SIDESCAN_ENCRYPTION_KEY = Buffer.alloc(32, 1).toString('base64');
const GIVEN = { sensitiveInputs: { token: 'a secret of the caller' }, threshold: { failed: { total: { max: 100 } } } };

/** A pod that the cluster takes away says nothing of target or profile: the scan has another attempt. */
describe('a pod that the cluster takes away', () => {
  let scene: Scene;
  afterEach(async () => {
    await scene?.close();
  });

  const podOf = (id: string, attempt: number): string => `scan-${id.slice(5)}-${attempt}`;

  /** An engine whose first pod of a scan hangs until it is taken away; the ones after it work. */
  function takingFirst(): { pods: MemoryPodRuntime; take: (id: string, attempt?: number) => Promise<void> } {
    const pods: MemoryPodRuntime = engine((id) => (pods.created.has(podOf(id, 2)) ? {} : { until: gate().opened }));
    const take = async (id: string, attempt = 1): Promise<void> => {
      await scene.until(id, 10_000, (scan) => scan.attempt === attempt && scan.state === 'scanning');
      await pods.remove(podOf(id, attempt));
    };
    return { pods, take };
  }

  it('costs the scan nothing but time: the next attempt completes, with the same inputs, and says what became of the first', async () => {
    scene = await Scene.open({ SIDESCAN_ENCRYPTION_KEY });
    const { pods, take } = takingFirst();
    await scene.worker(pods);
    const { id } = await scene.submit(GIVEN);
    await take(id);
    const scan = await scene.ended(id, 20_000);
    expect(scan).toMatchObject({ state: 'completed', verdict: 'passed', attempt: 2, failure: null });
    expect([...pods.created]).toEqual([
      [podOf(id, 1), 1],
      [podOf(id, 2), 1],
    ]);
    expect(await pods.list()).toEqual([]);
    expect(await scene.evidence(id)).toMatchObject({ collectedAt: expect.any(String) as string });
    expect(await scene.scans.sealedInputs(id, 2)).toBeNull();
    const { startedAt, createdAt } = scan;
    expect((startedAt?.getTime() ?? 0) - createdAt.getTime(), 'its time runs from the first pod').toBeLessThan(5_000);
  });

  it('twice: the scan has failed, as one that may be tried again', async () => {
    scene = await Scene.open();
    const pods = engine({ until: gate().opened });
    await scene.worker(pods);
    const { id } = await scene.submit();
    for (const attempt of [1, 2]) {
      await scene.until(id, 10_000, (scan) => scan.attempt === attempt && scan.state === 'scanning');
      await pods.remove(podOf(id, attempt));
    }
    const scan = await scene.ended(id, 20_000);
    expect(scan).toMatchObject({ state: 'failed', attempt: 2, failure: { code: 'POD_LOST', retryable: true } });
    expect(await pods.list()).toEqual([]);
  });

  it.each([
    ['one attempt is all that there is', { SIDESCAN_SCAN_ATTEMPTS: '1' }, 120],
    ['too little time is left', {}, 10],
  ])('ends the scan at once where %s', async (_, variables, timeoutSeconds) => {
    scene = await Scene.open(variables);
    const pods = engine({ until: gate().opened });
    await scene.worker(pods);
    const { id } = await scene.submit({ timeoutSeconds });
    await scene.until(id, 10_000, (scan) => scan.state === 'scanning');
    await pods.remove(podOf(id, 1));
    expect(await scene.ended(id, 8_000)).toMatchObject({
      state: 'failed',
      attempt: 1,
      failure: { code: 'POD_LOST', retryable: true },
    });
  });

  it('between two attempts the scan can be canceled, and nothing of it is left', async () => {
    scene = await Scene.open({ SIDESCAN_ENCRYPTION_KEY });
    const { pods, take } = takingFirst();
    const { id } = await scene.insert(GIVEN);
    const worker = hands(scene, pods, async (call, when) => {
      if (`${when} ${call}` === 'after scans.again') await scene.markCanceled(id);
    });
    const running = worker.runner.run({ scanId: id, attempt: 1 }, ALIVE);
    await take(id);
    await running;
    await worker.runner.run({ scanId: id, attempt: 2 }, ALIVE);
    expect(await scene.read(id)).toMatchObject({ state: 'canceled', attempt: 2, failure: null });
    expect(await pods.list()).toEqual([]);
    expect(await scene.scans.sealedInputs(id, 2)).toBeNull();
    await worker.stop();
  });

  it.each(['before pods.remove', 'after pods.remove', 'before scans.again', 'after scans.again', 'before queue.add'])(
    'a worker that is killed %s: another one goes on to the same end',
    async (moment) => {
      scene = await Scene.open();
      const { pods, take } = takingFirst();
      const { id } = await scene.insert();
      let dead = false;
      const first = hands(scene, pods, (call, when) => {
        dead ||= `${when} ${call}` === moment;
        if (dead) throw new Error('killed');
      });
      const running = first.runner.run({ scanId: id, attempt: 1 }, ALIVE).catch(() => undefined);
      await take(id);
      await running;
      expect(dead).toBe(true);
      await first.stop();
      await scene.worker(pods);
      expect(await scene.ended(id, 30_000)).toMatchObject({ state: 'completed', attempt: 2 });
      expect([...pods.created.values()]).toEqual([1, 1]);
      expect(await pods.list()).toEqual([]);
    },
    60_000,
  );
});

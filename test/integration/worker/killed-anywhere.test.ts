import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hands, type Spy } from './hands.js';
import { engine, REPORT } from './memory-scanner.js';
import { Scene } from './scene.js';

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

describe('invariant 3: a worker killed anywhere is continued by another, with the same pod', () => {
  let scene: Scene;
  const alive = new AbortController().signal;

  beforeAll(async () => {
    scene = await Scene.open();
  });
  afterAll(async () => {
    await scene?.close();
  });

  it('completes once, with one pod, whichever call was the last of the first worker', async () => {
    const killedAt: string[] = [];
    for (let calls = 0; ; calls++) {
      const pods = engine();
      const scan = await scene.insert({ threshold: { failed: { total: { max: 100 } } } });
      const job = { scanId: scan.id, attempt: 1 };
      const { spy, at } = killAfter(calls);
      const first = hands(scene, pods, spy);
      await first.runner.run(job, alive).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
      await first.stop();
      const death = at();
      if (death === null) break; // it was never killed: every place has had its turn
      killedAt.push(death);

      const second = hands(scene, pods);
      await second.runner.run(job, alive);
      const done = await scene.ended(scan.id, 10_000);
      expect
        .soft({ death, state: done.state, verdict: done.verdict, failure: done.failure })
        .toEqual({ death, state: 'completed', verdict: 'passed', failure: null });
      expect.soft({ death, created: [...pods.created.values()] }).toEqual({ death, created: [1] });
      expect.soft(await pods.list(), death).toEqual([]);
      const stored = gunzipSync((await scene.store.get(done.report?.key ?? '', 10_000_000)) ?? Buffer.alloc(0));
      expect.soft(createHash('sha256').update(stored).digest('hex'), death).toBe(done.report?.sha256);
      expect.soft(stored.equals(REPORT), death).toBe(true);
      expect.soft(await scene.prisma.controlResult.count({ where: { scanId: scan.id } }), death).toBe(19);
      await second.runner.run(job, alive); // the job again, late: nothing changes
      expect.soft((await scene.read(scan.id)).finishedAt, death).toEqual(done.finishedAt);
      await second.stop();
    }
    for (const step of [
      'scans.claim',
      'pods.create',
      'scans.move',
      'pods.log',
      'store.put',
      'store.get',
      'scans.complete',
      'pods.remove',
      'scans.podGone',
    ]) {
      expect(killedAt).toContain(`before ${step}`);
      expect(killedAt).toContain(`after ${step}`);
    }
  }, 120_000);

  it('fails once, with its evidence, whichever call was the last of the first worker', async () => {
    for (let calls = 0; ; calls++) {
      const pods = engine({ receipt: () => null, exitCode: 137 });
      const scan = await scene.insert();
      const job = { scanId: scan.id, attempt: 1 };
      const { spy, at } = killAfter(calls);
      const first = hands(scene, pods, spy);
      await first.runner.run(job, alive).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
      await first.stop();
      const death = at();
      if (death === null) break;
      const second = hands(scene, pods);
      await second.runner.run(job, alive);
      await second.stop();
      const done = await scene.ended(scan.id, 10_000);
      expect
        .soft({ death, state: done.state, code: done.failure?.code })
        .toEqual({ death, state: 'failed', code: 'SCANNER_KILLED' });
      expect.soft(await pods.list(), death).toEqual([]);
      expect.soft((await scene.evidence(scan.id))?.pod?.name, death).toBe(done.podName);
    }
  }, 120_000);
});

import { afterEach, describe, expect, it } from 'vitest';
import { engine, gate } from './memory-scanner.js';
import { hands } from './hands.js';
import { Scene } from './scene.js';

const ALIVE = new AbortController().signal;

/** Scans for which there is no room wait in Postgres and in no queue. */
describe('whose turn it is', () => {
  let scene: Scene;
  afterEach(async () => {
    await scene?.close();
  });

  it('is that of the oldest: with a cap of one, scans start in the order in which they were submitted, over two workers', async () => {
    scene = await Scene.open({ SIDESCAN_MAX_PODS: '1' });
    const pods = engine();
    const scans = [];
    for (let i = 0; i < 12; i++) scans.push(await scene.submit());
    await Promise.all([scene.worker(pods), scene.worker(pods)]);
    for (const { id } of scans) expect((await scene.ended(id, 50_000)).state).toBe('completed');
    expect([...pods.created.keys()]).toEqual(scans.map(({ id }) => `scan-${id.slice(5)}-1`));
    expect(pods.highWater).toBe(1);
  });

  it('a scan without room leaves the queue, and is asked no more until there is some', async () => {
    scene = await Scene.open({ SIDESCAN_MAX_PODS: '1' });
    const { open, opened } = gate();
    const pods = engine({ until: opened });
    let claims = 0;
    const worker = hands(scene, pods, (call, when) => {
      if (`${when} ${call}` === 'before scans.claim') claims += 1;
    });
    const [first, second] = [await scene.insert(), await scene.insert()];
    const running = worker.runner.run({ scanId: first.id, attempt: 1 }, ALIVE);
    await scene.until(first.id, 10_000, (scan) => scan.state === 'scanning');
    expect(await worker.runner.run({ scanId: second.id, attempt: 1 }, ALIVE)).toBeUndefined();
    const job = { scanId: second.id, attempt: 1 };
    for (let round = 0; round < 5; round++) await worker.turns.call();
    expect(await scene.queue.has('scan.run', job)).toBe(false);
    expect(claims).toBe(2);
    open();
    await running;
    expect(await scene.queue.has('scan.run', job), 'called when the place was free').toBe(true);
    await worker.stop();
  });

  it('a cap that is larger at one worker than at another holds nobody up', async () => {
    scene = await Scene.open({ SIDESCAN_MAX_PODS: '1' });
    const pods = engine();
    const other = Scene.sibling(scene, { SIDESCAN_MAX_PODS: '4' });
    await Promise.all([scene.worker(pods), other.worker(pods)]);
    const scans = await Promise.all(Array.from({ length: 12 }, () => scene.submit()));
    for (const { id } of scans) expect((await scene.ended(id, 50_000)).state).toBe('completed');
    expect(pods.highWater).toBeLessThanOrEqual(4);
    expect([...pods.created.values()].every((times) => times === 1)).toBe(true);
  });

  it('a worker that stops gives its scans to another one at once, however many wait', async () => {
    scene = await Scene.open({ SIDESCAN_MAX_PODS: '2' });
    const { open, opened } = gate();
    const pods = engine({ until: opened });
    const first = await scene.worker(pods);
    const scans = [];
    for (let i = 0; i < 30; i++) scans.push(await scene.submit());
    for (const { id } of scans.slice(0, 2)) await scene.until(id, 10_000, (scan) => scan.state === 'scanning');
    await scene.worker(pods);
    await first.stop();
    open();
    // Both are ended by the second worker, and not by the reconciler after their deadline.
    for (const { id } of scans.slice(0, 2)) expect((await scene.ended(id, 10_000)).state).toBe('completed');
    for (const { id } of scans) expect((await scene.ended(id, 50_000)).state).toBe('completed');
    expect([...pods.created.values()].every((times) => times === 1)).toBe(true);
  });
});

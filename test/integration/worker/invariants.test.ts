import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { MemoryPodRuntime } from '../../../src/platform/memory/memory-pod-runtime.js';
import { eventually } from '../../support/eventually.js';
import { OwnRedis } from '../../support/redis.js';
import { hands } from './hands.js';
import { engine, gate, type Behaviour } from './memory-scanner.js';
import { Scene } from './scene.js';

const ALIVE = new AbortController().signal;

/** Workers on an engine in memory, against real Postgres and real Redis. */
describe('a worker keeps the invariants', () => {
  let redis: OwnRedis;
  let scene: Scene;

  beforeAll(async () => {
    redis = await OwnRedis.start();
  });
  afterAll(async () => {
    await redis?.remove();
  });
  afterEach(async () => {
    await scene?.close();
  });

  async function open(more: Record<string, string> = {}): Promise<void> {
    scene = await Scene.open({ REDIS_URL: redis.url, ...more });
  }

  describe('1: Redis may lose everything', () => {
    it('runs a scan that was stored and never queued', async () => {
      await open();
      await scene.worker(engine());
      const { id } = await scene.insert();
      expect((await scene.ended(id, 20_000)).state).toBe('completed');
    });

    it('finishes every scan after a FLUSHALL while some wait and some run', async () => {
      await open({ SIDESCAN_MAX_PODS: '2' });
      const { open: go, opened } = gate();
      const pods = engine({ until: opened });
      await scene.worker(pods);
      const scans = await Promise.all(Array.from({ length: 5 }, () => scene.submit()));
      await eventually('two pods', async () => (await pods.list()).length === 2);
      const client = new Redis(redis.url);
      await client.flushall();
      client.disconnect();
      go();
      for (const { id } of scans) expect((await scene.ended(id, 40_000)).state).toBe('completed');
      expect([...pods.created.values()]).toEqual([1, 1, 1, 1, 1]);
    });
  });

  describe('2: one terminal state, and no late or duplicate writer', () => {
    it('runs a scan once when its job is there twice and two workers take it', async () => {
      await open();
      const pods = engine();
      const workers = [hands(scene, pods), hands(scene, pods)];
      const { id } = await scene.insert();
      await Promise.all(workers.map((worker) => worker.runner.run({ scanId: id, attempt: 1 }, ALIVE)));
      expect((await scene.read(id)).state).toBe('completed');
      expect([...pods.created.values()]).toEqual([1]);
      expect(await scene.prisma.controlResult.count({ where: { scanId: id } })).toBe(19);
      await Promise.all(workers.map((worker) => worker.stop()));
    });

    it('lets the runner of a past attempt write nothing', async () => {
      await open();
      const { open: go, opened } = gate();
      const pods = engine({ until: opened });
      const late = hands(scene, pods);
      const { id } = await scene.insert();
      const running = late.runner.run({ scanId: id, attempt: 1 }, ALIVE);
      await scene.until(id, 10_000, (scan) => scan.state === 'scanning');
      await scene.prisma.scan.update({
        where: { id },
        data: { attempt: 2, state: 'queued', podName: null, startedAt: null },
      });
      go();
      await running;
      expect(await scene.read(id)).toMatchObject({
        attempt: 2,
        state: 'queued',
        report: null,
        failure: null,
        podName: null,
      });
      expect(await pods.list()).toEqual([]);
      await late.stop();
    });
  });

  describe('2: a cancel wins at every state, and its pod goes', () => {
    async function canceledWhile(state: 'queued' | 'scanning', pods: MemoryPodRuntime): Promise<void> {
      const { id } = await scene.submit();
      await scene.until(id, 10_000, (scan) => scan.state === state);
      await scene.cancel(id);
      await eventually('no pod', async () => (await pods.list()).length === 0);
      const scan = await scene.ended(id);
      expect(scan).toMatchObject({ state: 'canceled', verdict: 'none', failure: null, report: null });
      if (state !== 'queued') expect((await scene.evidence(id))?.pod?.phase).toBe('Running');
    }

    it('while it is queued', async () => {
      await open();
      const pods = engine();
      await canceledWhile('queued', pods);
      await scene.worker(pods);
      await sleep(500);
      expect(pods.created.size).toBe(0);
    });

    it('while it is scanned', async () => {
      await open();
      const pods = engine({ until: gate().opened });
      await scene.worker(pods);
      await canceledWhile('scanning', pods);
    });

    it.each([
      ['starting', 'before pods.create'],
      ['starting', 'after pods.create'],
      ['collecting', 'before pods.log'],
      ['collecting', 'after store.put'],
      ['collecting', 'before scans.complete'],
    ])('while it is %s (%s)', async (state, moment) => {
      await open();
      const pods = engine();
      const { id } = await scene.insert();
      let seen = '';
      const worker = hands(scene, pods, async (call, when) => {
        if (`${when} ${call}` !== moment) return;
        if (seen !== '') return;
        seen = (await scene.read(id)).state;
        await scene.markCanceled(id);
        await other.cleaner.clean({ scanId: id, attempt: 1 });
      });
      const other = hands(scene, pods);
      await worker.runner.run({ scanId: id, attempt: 1 }, ALIVE);
      expect(seen).toBe(state);
      expect(await scene.read(id)).toMatchObject({ state: 'canceled', verdict: 'none', failure: null, report: null });
      expect(await scene.prisma.controlResult.count({ where: { scanId: id } })).toBe(0);
      expect(await pods.list()).toEqual([]);
      expect(await scene.podGoneAt(id)).not.toBeNull();
      await Promise.all([worker.stop(), other.stop()]);
    });
  });

  describe('4: no pod outlives its scan', () => {
    it('removes pods of scans that ended while no worker was there, and notes pods that are gone', async () => {
      await open();
      const pods = engine({ until: gate().opened });
      const first = hands(scene, pods);
      const stop = new AbortController();
      const { id } = await scene.insert();
      const running = first.runner.run({ scanId: id, attempt: 1 }, stop.signal);
      await scene.until(id, 10_000, (scan) => scan.state === 'scanning');
      stop.abort();
      expect(await running).toMatchObject({ retryInMs: expect.any(Number) as number });
      expect(await pods.list()).toHaveLength(1);
      await scene.markCanceled(id);
      await first.reaper.round();
      expect(await pods.list()).toEqual([]);
      expect(await scene.podGoneAt(id)).not.toBeNull();
      expect((await scene.evidence(id))?.pod?.name).toBe(`scan-${id.slice(5)}-1`);
      await first.stop();
    });

    it('removes a pod that no row knows, but not a young one, and never the pod of a scan that goes on', async () => {
      await open();
      const pods = engine({ until: gate().opened });
      const worker = hands(scene, pods);
      const [known, unknown] = [await scene.insert(), await scene.insert()];
      const stop = new AbortController();
      const running = [known, unknown].map(({ id }) => worker.runner.run({ scanId: id, attempt: 1 }, stop.signal));
      for (const { id } of [known, unknown]) await scene.until(id, 10_000, (scan) => scan.state === 'scanning');
      stop.abort();
      await Promise.all(running);
      await scene.prisma.scan.delete({ where: { id: unknown.id } });
      await worker.reaper.round();
      expect(await pods.list()).toHaveLength(2);
      await worker.reaper.round(Date.now() + 61_000);
      expect((await pods.list()).map((pod) => pod.labels['sidescan.dev/scan'])).toEqual([known.id]);
      await worker.stop();
      await pods.close();
    });

    it('frees the place of a pod that went away by itself', async () => {
      await open();
      const pods = engine();
      const worker = hands(scene, pods);
      const { id } = await scene.insert();
      await scene.scans.claim(id, 1, `scan-${id.slice(5)}-1`, 10);
      await worker.reaper.round();
      expect(await scene.podGoneAt(id)).toBeNull(); // it starts: its pod is only not there yet
      await scene.markCanceled(id);
      await worker.reaper.round();
      expect(await scene.podGoneAt(id)).not.toBeNull();
      await worker.stop();
    });
  });

  it('5: pods never exceed the cap, over two workers', async () => {
    await open({ SIDESCAN_MAX_PODS: '3' });
    const pods = engine();
    await Promise.all([scene.worker(pods), scene.worker(pods)]);
    const scans = await Promise.all(Array.from({ length: 12 }, () => scene.submit()));
    for (const { id } of scans) expect((await scene.ended(id, 50_000)).state).toBe('completed');
    expect(pods.highWater).toBeLessThanOrEqual(3);
    expect(pods.highWater).toBeGreaterThan(1);
    expect([...pods.created.values()].every((times) => times === 1)).toBe(true);
    expect(pods.created.size).toBe(12);
  });

  it('9: keeps the evidence before the pod is removed', async () => {
    await open();
    const calls: string[] = [];
    const worker = hands(
      scene,
      engine({ receipt: () => null, exitCode: 9, log: () => 'it broke\0here\n' }),
      (call, when) => {
        if (when === 'after') calls.push(call);
      },
    );
    const { id } = await scene.insert();
    await worker.runner.run({ scanId: id, attempt: 1 }, ALIVE);
    expect(calls.indexOf('scans.fail')).toBeGreaterThan(-1);
    expect(calls.indexOf('scans.fail')).toBeLessThan(calls.indexOf('pods.remove'));
    expect(calls.slice(-2)).toEqual(['scans.podGone', 'scans.nextInTurn']); // then the next one has its turn
    expect((await scene.read(id)).failure).toMatchObject({ code: 'SCANNER_KILLED', retryable: true });
    const evidence = await scene.evidence(id);
    expect(evidence?.logs.scanner).toBe('it broke\ufffdhere\n');
    expect(evidence?.containers.find((one) => one.name === 'scanner')).toMatchObject({
      state: 'terminated',
      exitCode: 9,
    });
    await worker.stop();
  });

  it('a worker that stops leaves its pod, and the next one finishes the scan with it', async () => {
    await open();
    const { open: go, opened } = gate();
    const pods = engine({ until: opened });
    const first = await scene.worker(pods);
    const { id } = await scene.submit();
    await scene.until(id, 10_000, (scan) => scan.state === 'scanning');
    const started = Date.now();
    await first.stop();
    expect(Date.now() - started).toBeLessThan(8_000);
    expect(await pods.list()).toHaveLength(1);
    expect((await scene.read(id)).state).toBe('scanning');
    await scene.worker(pods);
    go();
    expect((await scene.ended(id, 20_000)).state).toBe('completed');
    expect([...pods.created.values()]).toEqual([1]);
  });

  it('a scan that takes too long ends at its deadline, not later', async () => {
    await open();
    const pods = engine({ until: gate().opened });
    const worker = hands(scene, pods);
    const { id } = await scene.insert({ timeoutSeconds: 1 });
    await worker.runner.run({ scanId: id, attempt: 1 }, ALIVE);
    const scan = await scene.read(id);
    expect(scan).toMatchObject({ state: 'failed', failure: { code: 'TIMEOUT' } });
    expect(scan.failure?.message).toMatch(/within 1 s.*scanner running/);
    expect((scan.finishedAt?.getTime() ?? 0) - (scan.startedAt?.getTime() ?? 0)).toBeLessThan(3_000);
    expect(await pods.list()).toEqual([]);
    await worker.stop();
  });

  it('a scan that no worker brings to its end is given up after its deadline', async () => {
    await open();
    const worker = hands(scene, engine());
    const { id } = await scene.insert({ timeoutSeconds: 10 });
    await scene.scans.claim(id, 1, `scan-${id.slice(5)}-1`, 10);
    await worker.reconciler.round(60_000);
    expect((await scene.read(id)).state).toBe('starting');
    await worker.reconciler.round(71_000);
    expect(await scene.read(id)).toMatchObject({ state: 'failed', failure: { code: 'TIMEOUT' } });
    await worker.stop();
  });

  describe('6: passed only from a report that is proven to be the target’s and in which something was tested', () => {
    const of = (change: Record<string, unknown>, part: string) => (receipt: Record<string, unknown>) => ({
      ...receipt,
      [part]: { ...(receipt[part] as object), ...change },
    });
    const nothing = (name: string) =>
      Buffer.from(
        JSON.stringify({
          platform: { name: 'debian', release: '12' },
          profiles: [{ name, sha256: 'x', controls: [], supports: [], attributes: [], groups: [] }],
          statistics: { duration: 1 },
          version: '5',
        }),
      );

    it.each<[string, Behaviour, string]>([
      ['a receipt of another scan', { receipt: (r) => ({ ...r, scan: 'scan_other' }) }, 'SCANNER_FAILED'],
      ['a receipt of another attempt', { receipt: (r) => ({ ...r, attempt: 2 }) }, 'SCANNER_FAILED'],
      [
        'another profile than asked for',
        { receipt: of({ digest: `sha256:${'0'.repeat(64)}` }, 'profile') },
        'SCANNER_FAILED',
      ],
      [
        'the scanner’s own container',
        { receipt: (r, { containerId }) => of({ containerId }, 'target')(r) },
        'TARGET_NOT_PROVEN',
      ],
      ['no container and no pod', { receipt: of({ containerId: null, podUid: null }, 'target') }, 'TARGET_NOT_PROVEN'],
      ['another pod', { receipt: of({ podUid: 'other' }, 'target') }, 'TARGET_NOT_PROVEN'],
      ['another way of proof', { receipt: of({ proof: 'process' }, 'target') }, 'TARGET_NOT_PROVEN'],
      ['a receipt that is cut', { receipt: () => ({ v: 1, ok: true }) }, 'SCANNER_FAILED'],
      ['no receipt', { receipt: () => null, exitCode: 0 }, 'SCANNER_FAILED'],
      ['a report that is not the receipt’s', { receipt: of({ sha256: '0'.repeat(64) }, 'report') }, 'REPORT_DAMAGED'],
      ['a report without its end', { log: (log) => log.replace('##sidescan end', '') }, 'REPORT_DAMAGED'],
      ['a report with a changed byte', { log: (log) => log.replace(/(##sidescan 1 .{40})./, '$1!') }, 'REPORT_DAMAGED'],
      ['no report', { log: () => 'nothing\n' }, 'REPORT_MISSING'],
      ['a report that is no report', { report: Buffer.from('[]') }, 'REPORT_INVALID'],
      [
        'a target that ended',
        {
          targetExits: 3,
          until: sleep(300),
          receipt: (r) => ({ ...r, ok: false, error: { code: 'TARGET_NOT_PROVEN', message: 'no target' } }),
        },
        'TARGET_EXITED',
      ],
    ])('fails on %s', async (_, behaviour, code) => {
      await open();
      const worker = hands(scene, engine(behaviour));
      const { id } = await scene.insert({ threshold: { failed: { total: { max: 1000 } } } });
      await worker.runner.run({ scanId: id, attempt: 1 }, ALIVE);
      expect(await scene.read(id)).toMatchObject({ state: 'failed', verdict: 'none', failure: { code } });
      await worker.stop();
    });

    it('does not pass a report in which nothing was tested', async () => {
      await open();
      const worker = hands(scene, engine({ report: nothing('empty') }));
      const { id } = await scene.insert({ threshold: { failed: { total: { max: 1000 } } } });
      await worker.runner.run({ scanId: id, attempt: 1 }, ALIVE);
      expect(await scene.read(id)).toMatchObject({ state: 'completed', verdict: 'failed' });
      await worker.stop();
    });
  });

  describe('a profile in a ConfigMap', () => {
    const asked = (configMap: string) => ({ profile: { name: null, version: null, configMap, digest: null } });
    const files = (...names: string[]) => Object.fromEntries(names.map((name) => [name, Buffer.from(name)]));

    it.each([
      ['of a name that nobody made', null, 'PROFILE_NOT_FOUND', /no ConfigMap my-profile/],
      ['without an archive', files('readme.md'), 'PROFILE_INVALID', /exactly one key.*none/],
      ['with two archives', files('a.tar.gz', 'b.tar.gz'), 'PROFILE_INVALID', /a\.tar\.gz, b\.tar\.gz/],
    ])('%s fails before a pod is made', async (_, held, code, words) => {
      await open();
      const pods = engine();
      if (held) await pods.provide({ name: 'my-profile', labels: {}, files: held });
      const worker = hands(scene, pods);
      const { id } = await scene.insert(asked('my-profile'));
      await worker.runner.run({ scanId: id, attempt: 1 }, ALIVE);
      const scan = await scene.read(id);
      expect(scan).toMatchObject({ state: 'failed', failure: { code } });
      expect(scan.failure?.message).toMatch(words);
      expect(pods.created.size).toBe(0);
      await worker.stop();
    });

    it('with one archive is mounted as it is, and its digest is of its bytes', async () => {
      await open();
      const pods = engine();
      await pods.provide({ name: 'my-profile', labels: {}, files: files('readme.md', 'mine.tar.gz') });
      const worker = hands(scene, pods);
      const { id } = await scene.insert(asked('my-profile'));
      await worker.runner.run({ scanId: id, attempt: 1 }, ALIVE);
      const scan = await scene.read(id);
      expect(scan.state).toBe('completed');
      expect(scan.profile.digest).toBe('sha256:6e6a1f1f858321540a665a6eb661883fb480eb9cc5ec9cc7b033c60d1d69b015');
      await worker.stop();
    });
  });
});

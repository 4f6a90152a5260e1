import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { profilePodName } from '../../../src/execution/profile-pod.js';
import type { MemoryPodRuntime } from '../../../src/platform/memory/memory-pod-runtime.js';
import { ProfileTextsRepository } from '../../../src/profiles/profile-texts.repository.js';
import { ProfilesRepository } from '../../../src/profiles/profiles.repository.js';
import { profileObjectKey } from '../../../src/profiles/profile-object-key.js';
import { hands, type Spy } from './hands.js';
import { gate } from './memory-scanner.js';
import { CONTROLS, DOCUMENT, readers, type Reading } from './memory-reader.js';
import { Scene } from './scene.js';

const ALIVE = new AbortController().signal;

describe('a worker reads the texts of profiles', () => {
  let scene: Scene;
  let texts: ProfileTextsRepository;

  beforeAll(async () => {
    scene = await Scene.open({ SIDESCAN_PROFILE_MAX_PODS: '100' });
    texts = new ProfileTextsRepository(scene.prisma);
  });
  afterAll(() => scene?.close());

  /** An archive of so many bytes, uploaded as the API does it, without its job; its digest. */
  async function upload(size = 2_000): Promise<string> {
    const bytes = randomBytes(size);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const { projectId } = scene;
    const key = profileObjectKey(projectId, digest);
    const archive = { name: digest.slice(7, 20), version: '1.0.0', title: 't', digest, bytes, inputs: [] };
    await new ProfilesRepository(scene.prisma).register(projectId, archive, key, () =>
      scene.store.put(key, bytes, 'application/gzip'),
    );
    return digest;
  }

  async function readOnce(pods: MemoryPodRuntime, digest: string, attempt = 1, spy?: Spy) {
    const worker = hands(scene, pods, spy);
    try {
      return await worker.reader.run({ digest, attempt }, ALIVE);
    } finally {
      await worker.stop();
    }
  }

  const kept = async (digest: string) => (await texts.controls(digest, 100, null)).map((control) => control.controlId);
  const row = (digest: string) => scene.prisma.profileText.findUniqueOrThrow({ where: { digest } });

  it.each([
    ['in one ConfigMap', 2_000],
    ['in parts', 2_500_000],
  ])('once, from the very bytes of an archive %s, and removes the pod', async (_, size) => {
    const pods = readers();
    const digest = await upload(size);
    expect(await readOnce(pods, digest)).toBeUndefined();
    expect(await texts.find(digest)).toMatchObject({ state: 'ready', problems: [], controls: 3 });
    expect(await kept(digest)).toEqual(['one', 'two', 'three']);
    expect(await texts.controls(digest, 1, null)).toMatchObject([{ title: 'Title of one', code: CONTROLS[0]?.code }]);
    expect(await pods.list()).toEqual([]);
    expect((await row(digest)).podGoneAt).not.toBeNull();
    await readOnce(pods, digest); // the job again, late
    expect([...pods.created.values()]).toEqual([1]);
  });

  const problem = (level: string) => ({ level, message: `${level} words`, file: 'controls/a.rb', line: 3 });

  it('is ready with warnings, and invalid with errors; what could be read is kept', async () => {
    const [warned, wrong] = [await upload(), await upload()];
    await readOnce(
      readers(() => ({ document: { ...DOCUMENT, problems: [problem('warning')] } })),
      warned,
    );
    expect(await texts.find(warned)).toMatchObject({
      state: 'ready',
      controls: 3,
      problems: ['controls/a.rb:3: warning words'],
    });
    await readOnce(
      readers(() => ({ document: { ...DOCUMENT, problems: [problem('error'), problem('warning')] } })),
      wrong,
    );
    expect(await texts.find(wrong)).toMatchObject({
      state: 'invalid',
      controls: 3,
      problems: ['controls/a.rb:3: error words', 'controls/a.rb:3: warning words'],
    });
  });

  it('is invalid at once if the scanner says so of the archive that it was asked for', async () => {
    const digest = await upload();
    const error = { code: 'PROFILE_INVALID', message: 'the archive holds no inspec.yml' };
    await readOnce(
      readers(() => ({ receipt: (r) => ({ ...r, ok: false, report: null, error }) })),
      digest,
    );
    expect(await texts.find(digest)).toMatchObject({ state: 'invalid', attempt: 1, problems: [error.message] });
  });

  const late = { ok: false, report: null, error: { code: 'TIMEOUT', message: 'not read within 5 s' } };

  it.each<[string, Reading, RegExp]>([
    ['never ends', { receipt: (r) => ({ ...r, ...late }) }, /3 attempts.*TIMEOUT: not read within 5 s/],
    ['leaves no receipt', { receipt: () => null }, /3 attempts.*SCANNER_KILLED/],
    ['leaves the receipt of another', { receipt: (r) => ({ ...r, digest: 'sha256:x' }) }, /3 attempts.*not believed/],
    ['prints texts that are none', { document: { v: 1 } }, /3 attempts.*REPORT_INVALID/],
  ])('is invalid with the reason if it %s three times, and not before', async (_, reading, words) => {
    const digest = await upload();
    const pods = readers(() => reading);
    for (const attempt of [1, 2, 3]) {
      expect(await row(digest)).toMatchObject({ state: 'reading', attempt, podGoneAt: null });
      await readOnce(pods, digest, attempt);
    }
    const text = await texts.find(digest);
    expect(text).toMatchObject({ state: 'invalid', attempt: 3 });
    expect(text?.problems).toEqual([expect.stringMatching(words)]);
    expect([...pods.created.values()]).toEqual([1, 1, 1]);
    expect(await pods.list()).toEqual([]);
    expect(await scene.queue.has('profile.read', { digest, attempt: 2 })).toBe(true);
  });

  it('is ready if only the first attempt went wrong', async () => {
    const digest = await upload();
    const pods = readers((attempt) => (attempt === 1 ? { receipt: () => null } : {}));
    await readOnce(pods, digest, 1);
    await readOnce(pods, digest, 2);
    expect(await texts.find(digest)).toMatchObject({ state: 'ready', attempt: 2, controls: 3 });
  });

  it.each<[string, Reading]>([
    ['its log is damaged', { log: (log) => log.replace('##sidescan end', '') }],
    [
      'the scanner found no archive',
      { receipt: (r) => ({ ...r, ...late, profile: null, error: { code: 'PROFILE_NOT_FOUND', message: 'none' } }) },
    ],
    [
      'the scanner found another archive',
      { receipt: (r) => ({ ...r, ...late, profile: null, error: { code: 'PROFILE_INVALID', message: 'digest' } }) },
    ],
  ])('stays unread if %s, and is read later', async (_, reading) => {
    const digest = await upload();
    const pods = readers(() => reading);
    expect(await readOnce(pods, digest)).toMatchObject({ retryInMs: 30_000 });
    expect(await row(digest)).toMatchObject({ state: 'reading', attempt: 1, podGoneAt: expect.any(Date) as Date });
    expect(await pods.list()).toEqual([]);
    await readOnce(readers(), digest);
    expect(await texts.find(digest)).toMatchObject({ state: 'ready', problems: [] });
  });

  it('stays unread while its archive is nowhere, and no pod is made', async () => {
    const digest = `sha256:${randomBytes(32).toString('hex')}`;
    await texts.begin(digest);
    const pods = readers();
    expect(await readOnce(pods, digest)).toMatchObject({ retryInMs: 10_000 });
    expect(pods.created.size).toBe(0);
    expect((await row(digest)).podGoneAt).not.toBeNull(); // its place is for others
  });

  it('stays unread while its archive is not what was uploaded, and takes no place', async () => {
    const digest = await upload();
    await scene.store.put(profileObjectKey(scene.projectId, digest), Buffer.from('other'), 'application/gzip');
    const pods = readers();
    await expect(readOnce(pods, digest)).rejects.toThrow(/was changed/);
    expect(pods.created.size).toBe(0);
    expect(await row(digest)).toMatchObject({ state: 'reading', podGoneAt: expect.any(Date) as Date });
  });

  it('leaves no pod of a profile that is deleted while it is read', async () => {
    const digest = await upload();
    const { open, opened } = gate();
    const pods = readers(() => ({ until: opened }));
    const worker = hands(scene, pods);
    const running = worker.reader.run({ digest, attempt: 1 }, ALIVE);
    while (pods.created.size === 0) await sleep(10);
    const { id } = await scene.prisma.profile.findFirstOrThrow({ where: { digest } });
    await new ProfilesRepository(scene.prisma).remove(scene.projectId, id);
    open();
    expect(await running).toBeUndefined();
    await worker.stop();
    expect(await pods.list()).toEqual([]);
    expect(await texts.find(digest)).toBeNull();
    expect(await kept(digest)).toEqual([]);
  });

  it('takes no more places than there are, over all workers', async () => {
    const own = await Scene.open({ SIDESCAN_PROFILE_MAX_PODS: '2' });
    try {
      const digests = await Promise.all([1, 2, 3].map(() => upload()));
      const { open, opened } = gate();
      const pods = readers(() => ({ until: opened }));
      const limited = { ...own.config, store: scene.config.store };
      const worker = hands(Object.assign(Object.create(scene) as Scene, { config: limited }), pods);
      const running = digests.slice(0, 2).map((digest) => worker.reader.run({ digest, attempt: 1 }, ALIVE));
      while (pods.created.size < 2) await sleep(10);
      expect(await worker.reader.run({ digest: digests[2] ?? '', attempt: 1 }, ALIVE)).toHaveProperty('retryInMs');
      open();
      await Promise.all(running);
      await worker.reader.run({ digest: digests[2] ?? '', attempt: 1 }, ALIVE);
      await worker.stop();
      expect(pods.highWater).toBe(2);
      for (const digest of digests) expect(await texts.find(digest)).toMatchObject({ state: 'ready' });
    } finally {
      await own.close();
    }
  });

  it('leaves its pod when the worker stops, and another goes on with it', async () => {
    const digest = await upload();
    const { open, opened } = gate();
    const pods = readers(() => ({ until: opened }));
    const stop = new AbortController();
    const first = hands(scene, pods);
    const running = first.reader.run({ digest, attempt: 1 }, stop.signal);
    while (pods.created.size === 0) await sleep(10);
    stop.abort();
    expect(await running).toEqual({ retryInMs: 100 });
    await first.stop();
    expect((await pods.list()).map((pod) => pod.name)).toEqual([profilePodName(digest, 1)]);
    open();
    await readOnce(pods, digest);
    expect(await texts.find(digest)).toMatchObject({ state: 'ready' });
    expect([...pods.created.values()]).toEqual([1]);
  });

  describe('killed anywhere', () => {
    class Killed extends Error {}

    const spyOf = (act: (moment: string) => void): Spy => {
      const counts = new Map<string, number>();
      return (call, when) => {
        const name = `${when} ${call}`;
        counts.set(name, (counts.get(name) ?? 0) + 1);
        act(`${name} ${counts.get(name)}`);
      };
    };

    it.each<[string, (attempt: number) => Reading, string]>([
      ['a profile that is read', () => ({}), 'ready'],
      ['one that needs a second attempt', (attempt) => (attempt === 1 ? { receipt: () => null } : {}), 'ready'],
      ['one that is refused', () => ({ document: { ...DOCUMENT, problems: [problem('error')] } }), 'invalid'],
    ])('another worker continues %s, with no pod left and none too many', async (_, of, state) => {
      const moments: string[] = [];
      await readOnce(
        readers(of),
        await upload(),
        1,
        spyOf((moment) => void moments.push(moment)),
      );
      expect(moments).toEqual(
        expect.arrayContaining(['after texts.claim 1', 'after pods.create 1', 'before pods.remove 1']),
      );
      for (const death of moments) {
        const pods = readers(of);
        const digest = await upload();
        let dead = false;
        const kill = spyOf((moment) => {
          dead ||= moment === death;
          if (dead) throw new Killed(death);
        });
        await readOnce(pods, digest, 1, kill).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
        for (let round = 0; round < 4 && (await row(digest)).state === 'reading'; round++)
          await readOnce(pods, digest, (await row(digest)).attempt);
        await readOnce(pods, digest, 1); // the killed worker's job, given to another one
        expect.soft({ death, state: (await row(digest)).state }).toEqual({ death, state });
        expect.soft({ death, kept: await kept(digest) }).toEqual({ death, kept: ['one', 'two', 'three'] });
        expect.soft({ death, left: (await pods.list()).map((pod) => pod.name) }).toEqual({ death, left: [] });
        expect.soft({ death, gone: (await row(digest)).podGoneAt !== null }).toEqual({ death, gone: true });
      }
    });
  });

  describe('the keeper', () => {
    it('gives an unread archive its job back, unless it is young', async () => {
      const digest = await upload();
      const worker = hands(scene, readers());
      await worker.keeper.requeue((await row(digest)).createdAt.getTime() + 1_900);
      expect(await scene.queue.has('profile.read', { digest, attempt: 1 })).toBe(false);
      await worker.keeper.requeue((await row(digest)).createdAt.getTime() + 2_000);
      expect(await scene.queue.has('profile.read', { digest, attempt: 1 })).toBe(true);
      await worker.stop();
    });

    it('removes pods that have outlived their reading, and no other; frees places', async () => {
      const [reading, ended, gone, unknown] = [await upload(), await upload(), await upload(), await upload()];
      const { opened } = gate();
      const pods = readers(() => ({ until: opened }));
      const worker = hands(scene, pods);
      const stop = new AbortController();
      const runs = [reading, ended, unknown].map((digest) => worker.reader.run({ digest, attempt: 1 }, stop.signal));
      while (pods.created.size < 3) await sleep(10);
      stop.abort();
      await Promise.all(runs);
      await texts.refuse(ended, 1, ['for a test']);
      await texts.claim(gone, 1, profilePodName(gone, 1), 100);
      await texts.refuse(gone, 1, ['for a test']);
      await scene.prisma.profileText.delete({ where: { digest: unknown } });
      await worker.keeper.reap();
      const names = async () => (await pods.list()).map((pod) => pod.name).sort();
      expect(await names()).toEqual([reading, unknown].map((digest) => profilePodName(digest, 1)).sort());
      for (const digest of [ended, gone]) expect((await row(digest)).podGoneAt).not.toBeNull();
      expect((await row(reading)).podGoneAt).toBeNull();
      await worker.keeper.reap(Date.now() + 60_000);
      expect(await names()).toEqual([profilePodName(reading, 1)]);
      await worker.stop();
      await pods.close();
    });
  });
});

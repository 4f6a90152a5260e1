import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProfileDelivery } from '../../../src/execution/profile-delivery.js';
import { MemoryPodRuntime } from '../../../src/platform/memory/memory-pod-runtime.js';
import { openObjectStore } from '../../../src/platform/objects/open-object-store.js';
import { BuiltInProfiles } from '../../../src/profiles/built-in-profiles.js';
import { ProfileArchives } from '../../../src/profiles/profile-archives.js';
import { profileObjectKey } from '../../../src/profiles/profile-object-key.js';
import { ProfileTextsRepository } from '../../../src/profiles/profile-texts.repository.js';
import { ProfilesRepository } from '../../../src/profiles/profiles.repository.js';
import type { ProfileDto, ProfilePageDto } from '../../../src/profiles/profile.dto.js';
import type { Scan } from '../../../src/scans/scan.js';
import { files, tarGzOf } from '../../support/archives.factory.js';
import { type Answer, ApiServer, aSubmission } from './api-server.js';
import { anOutcome, finish } from './outcomes.js';

const GZIP = { 'content-type': 'application/gzip' };

describe('profiles of a project', () => {
  let api: ApiServer;
  let texts: ProfileTextsRepository;
  let archives: ProfileArchives;
  let projectId: string;
  beforeAll(async () => {
    api = await ApiServer.start();
    texts = new ProfileTextsRepository(api.prisma);
    const profiles = new ProfilesRepository(api.prisma);
    const { config } = api.installation;
    archives = new ProfileArchives(config, new BuiltInProfiles(profiles), profiles, openObjectStore(config.store));
    projectId = (await api.prisma.project.findUniqueOrThrow({ where: { name: 'default' } })).id;
  });
  afterAll(() => api.stop());

  const post = (raw: Buffer): Promise<Answer<ProfileDto>> =>
    api.ask<ProfileDto>('POST', '/v1/profiles', { raw, headers: GZIP });
  const archiveOf = (name: string, version = '1.0.0', salt = ''): Buffer =>
    tarGzOf(files({ 'inspec.yml': `name: ${name}\nversion: ${version}\n`, 'README.md': salt }));
  async function upload(name: string, version = '1.0.0', salt = ''): Promise<ProfileDto> {
    const { status, body, text } = await post(archiveOf(name, version, salt));
    if (status !== 201) throw new Error(`POST /v1/profiles answered ${status}: ${text}`);
    return body;
  }
  const submit = (profile: unknown): Promise<Answer<{ id: string; profile: unknown; errors?: unknown }>> =>
    api.ask('POST', '/v1/scans', { body: { ...aSubmission(), profile } });
  const remove = (id: string): Promise<Answer<{ code: string }>> => api.ask('DELETE', `/v1/profiles/${id}`);
  const isStored = async (digest: string): Promise<boolean> => {
    const { store } = api.installation.config;
    const dir = store.kind === 'folder' ? store.dir : '';
    return stat(join(dir, profileObjectKey(projectId, digest))).then(
      () => true,
      () => false,
    );
  };

  it('are listed by name, the last uploaded first, page by page', async () => {
    const uploaded: ProfileDto[] = [];
    for (const [name, version] of [
      ['list-b', '1.0.0'],
      ['list-a', '1.0.0'],
      ['list-a', '0.9.0'],
      ['list-a', '2.0.0'],
    ]) {
      uploaded.push(await upload(name ?? '', version));
    }
    const [b, a1, a09, a2] = uploaded;
    const { body } = await api.ask<ProfilePageDto>('GET', '/v1/profiles?name=list-a');
    expect(body).toEqual({ items: [a2, a09, a1], next: null });
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const page = await api.ask<ProfilePageDto>('GET', `/v1/profiles?limit=2${cursor}`);
      seen.push(...page.body.items.map(({ id }) => id));
      if (page.body.next === null) break;
      expect(page.headers.get('link')).toContain('rel="next"');
      cursor = `&cursor=${page.body.next}`;
    }
    expect(seen.filter((id) => uploaded.some((profile) => profile.id === id))).toEqual([
      a2?.id,
      a09?.id,
      a1?.id,
      b?.id,
    ]);
    expect(new Set(seen).size).toBe(seen.length);
    expect((await api.ask('GET', '/v1/profiles?cursor=nonsense')).status).toBe(422);
  });

  it('are chosen by the newest version where none is named, by precedence and not by time; the scan keeps which', async () => {
    for (const version of ['1.9.0', '1.10.0', '1.10.0-rc.1', '1.2.0']) await upload('chosen', version);
    const { body } = await api.ask<ProfilePageDto>('GET', '/v1/profiles?name=chosen');
    const newest = body.items.find(({ version }) => version === '1.10.0');
    const kept = { name: 'chosen', version: '1.10.0', configMap: null, digest: newest?.digest };
    const scan = await submit({ name: 'chosen' });
    expect(scan.body.profile).toEqual(kept);
    await upload('chosen', '3.0.0');
    expect((await submit({ digest: newest?.digest })).body.profile).toEqual(kept);
    expect((await submit({ name: 'chosen', version: '1.2.0' })).body.profile).toMatchObject({ version: '1.2.0' });
    const stored = await archives.archiveOf({ projectId, profile: kept as never });
    expect(stored).toMatchObject({ name: 'chosen', version: '1.10.0', digest: newest?.digest });
    expect(Buffer.from(stored?.bytes ?? []).equals(archiveOf('chosen', '1.10.0'))).toBe(true);
    expect(await archives.archiveOf({ projectId: 'proj_other', profile: kept as never })).toBeNull();
    const unknown = await submit({ name: 'chosen', version: '9.9.9' });
    expect(unknown.body.errors).toEqual([
      {
        pointer: '/profile/version',
        detail: 'is no version of chosen that the service has; there is: 3.0.0, 1.10.0, 1.10.0-rc.1, 1.9.0, 1.2.0',
      },
    ]);
  });

  it('are refused to a scan when the auditor refuses them, with its words; while they are read they are taken', async () => {
    const { digest } = await upload('broken');
    expect((await submit({ name: 'broken' })).status).toBe(202);
    await texts.refuse(digest, 1, ['controls/a.rb:1: syntax error', 'no control']);
    for (const choice of [{ name: 'broken' }, { digest }]) {
      const { status, body } = await submit(choice);
      expect(status).toBe(422);
      const detail = 'cannot run: the auditor refuses broken 1.0.0: controls/a.rb:1: syntax error; no control';
      expect(body.errors).toEqual([{ pointer: '/profile', detail }]);
    }
  });

  it('are deleted: not to be chosen any more, while the history keeps what ran', async () => {
    const profile = await upload('doomed');
    const scan = await api.submit({ profile: { name: 'doomed' } });
    const busy = await remove(profile.id);
    expect([busy.status, busy.text]).toEqual([409, expect.stringContaining(scan.id)]);
    await finish(api, scan.id, anOutcome(1, 0, { profile }));
    expect(await isStored(profile.digest)).toBe(true);
    expect((await remove(profile.id)).status).toBe(204);
    expect(await isStored(profile.digest)).toBe(false);
    expect((await remove(profile.id)).status).toBe(404);
    for (const path of ['', '/controls', '/content']) {
      expect((await api.ask('GET', `/v1/profiles/${profile.id}${path}`)).status).toBe(404);
      expect((await api.ask('GET', `/v1/profiles/${profile.digest}${path}`)).status).toBe(404);
    }
    expect((await submit({ name: 'doomed' })).status).toBe(422);
    expect((await submit({ digest: profile.digest })).status).toBe(422);
    expect((await api.scan(scan.id)).profile).toMatchObject({
      name: 'doomed',
      version: '1.0.0',
      digest: profile.digest,
    });
  });

  it('come back when the same content is uploaded again, and are read anew if they were not', async () => {
    const first = await upload('phoenix');
    await texts.refuse(first.digest, 1, ['the first time']);
    await remove(first.digest);
    const again = await upload('phoenix');
    expect(again).toMatchObject({ id: first.id, digest: first.digest, state: 'reading', problems: [] });
    expect(await isStored(first.digest)).toBe(true);
    const control = { controlId: 'p-1', title: null, desc: null, impact: 0, tags: {}, refs: [], code: '' };
    await texts.complete(first.digest, 1, [control]);
    await remove(first.id);
    expect(await upload('phoenix')).toMatchObject({ state: 'ready', controls: 1 });
    // Its version was free meanwhile.
    await remove(first.id);
    const other = await upload('phoenix', '1.0.0', 'another');
    expect((await post(archiveOf('phoenix'))).status).toBe(409);
    expect((await remove(other.id)).status).toBe(204);
  });

  it('that are built in are not deleted', async () => {
    const { body } = await api.ask<ProfilePageDto>('GET', '/v1/profiles?name=container-baseline');
    const answer = await remove(body.items[0]?.id ?? '');
    expect([answer.status, answer.body.code]).toEqual([409, 'CONFLICT']);
    const content = await api.ask('GET', `/v1/profiles/${body.items[0]?.id}/content`);
    expect(content.status).toBe(200);
  });

  it('of two projects with the same content are two: one goes, the other stays, and so do its texts', async () => {
    const { key } = await api.newKey(['profiles:write', 'scans:read'], 'the-other');
    const mine = await upload('shared');
    const theirs = await api.ask<ProfileDto>('POST', '/v1/profiles', { raw: archiveOf('shared'), headers: GZIP, key });
    expect([theirs.status, theirs.body.digest]).toEqual([201, mine.digest]);
    await remove(mine.id);
    expect((await archives.bytesOf(mine.digest))?.equals(archiveOf('shared'))).toBe(true);
    expect(await texts.find(mine.digest)).not.toBeNull();
    await api.ask('DELETE', `/v1/profiles/${theirs.body.id}`, { key });
    expect(await archives.bytesOf(mine.digest)).toBeNull();
    expect(await texts.find(mine.digest)).toBeNull();
  });

  it('that are uploaded and deleted at the same time end as one or the other: what is listed is stored', async () => {
    for (let round = 0; round < 8; round++) {
      const archive = archiveOf('torn');
      const first = await post(archive);
      const [, again] = await Promise.all([remove(first.body.id), post(archive), remove(first.body.id), post(archive)]);
      expect([200, 201, 409]).toContain(again.status); // 409: deleted again before it could be answered
      const listed = (await api.ask<ProfilePageDto>('GET', '/v1/profiles?name=torn')).body.items;
      await expect.poll(() => isStored(first.body.digest)).toBe(listed.length === 1);
      if (listed.length === 1) expect(await texts.find(first.body.digest)).not.toBeNull();
    }
  });

  it('that are deleted and named by a scan at the same time: the scan is refused, or the profile stays', async () => {
    for (let round = 0; round < 8; round++) {
      const { id, digest } = await upload('contended', `1.0.${round}`);
      const [gone, scan] = await Promise.all([remove(id), submit({ digest })]);
      expect([gone.status, scan.status].join()).toMatch(/^(204,422|409,202)$/);
      expect(await isStored(digest)).toBe(gone.status === 409);
    }
  });

  it('whose archive was changed in the store are not handed out', async () => {
    const { id, digest } = await upload('tampered');
    const { store } = api.installation.config;
    if (store.kind !== 'folder') throw new Error('the test installation has a folder');
    await writeFile(join(store.dir, profileObjectKey(projectId, digest)), archiveOf('tampered', '1.0.0', 'evil'));
    await expect(archives.bytesOf(digest)).rejects.toThrow('it was changed');
    expect((await api.ask('GET', `/v1/profiles/${id}/content`)).status).toBe(500);
    const scan = await api.submit({ profile: { digest } });
    const stored = await api.scans.find(scan.id);
    const delivery = new ProfileDelivery(archives, new MemoryPodRuntime({}), api.scans);
    await expect(delivery.deliver(stored as Scan)).rejects.toMatchObject({ failure: { code: 'PROFILE_INVALID' } });
  });

  it('what a former process did not get to remove is removed at the next start', async () => {
    const { id, digest } = await upload('left-over');
    await api.prisma.profile.update({ where: { id }, data: { deletedAt: new Date() } });
    expect(await isStored(digest)).toBe(true);
    await api.launch();
    await expect.poll(() => isStored(digest)).toBe(false);
    const keyOf = async () => (await api.prisma.profile.findUniqueOrThrow({ where: { id } })).objectKey;
    await expect.poll(keyOf).toBeNull();
  });

  it('do not share their latest result with a profile of that name in a ConfigMap', async () => {
    const target = { image: 'registry.example/shop/latest:1.0' };
    const stored = await api.submit({ target });
    await finish(api, stored.id, anOutcome(3, 0));
    const foreign = await api.submit({ target, profile: { configMap: 'theirs' } });
    await finish(api, foreign.id, anOutcome(0, 3));
    const { body } = await api.ask<{ latest: { profile: string; scanId: string }[] }>(
      'GET',
      `/v1/targets/${stored.target.id}`,
    );
    expect(body.latest.map(({ profile, scanId }) => [profile, scanId])).toEqual([
      ['configMap:theirs/container-baseline', foreign.id],
      ['container-baseline', stored.id],
    ]);
    const groups = await api.ask<{ items: { key: string }[] }>('GET', '/v1/reports/summary?groupBy=profile');
    expect(groups.body.items.map(({ key }) => key)).toContain('configMap:theirs/container-baseline');
  });
});

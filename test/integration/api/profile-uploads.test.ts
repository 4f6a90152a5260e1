import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryObjectStore } from '../../../src/platform/objects/memory-object-store.js';
import { JobQueue } from '../../../src/ports/job-queue.js';
import type { ProfileDto } from '../../../src/profiles/profile.dto.js';
import { ProfileUploadsService } from '../../../src/profiles/profile-uploads.service.js';
import { ProfilesRepository } from '../../../src/profiles/profiles.repository.js';
import { ProfilesService } from '../../../src/profiles/profiles.service.js';
import { ProfileTextsRepository } from '../../../src/profiles/profile-texts.repository.js';
import { CONTROL, files, tarGz, tarGzOf, zipOf } from '../../support/archives.factory.js';
import { ADMIN_KEY } from '../../support/environment.js';
import { type Answer, ApiServer } from './api-server.js';

const LIMIT = 20_000;
const BEARER = { authorization: `Bearer ${ADMIN_KEY}` };
const GZIP = { 'content-type': 'application/gzip' };

/** A profile of a name and version; `salt` makes its content another. */
function aProfile(name: string, version = '1.0.0', salt = ''): Buffer {
  return tarGzOf(files({ 'inspec.yml': `name: ${name}\nversion: ${version}\n`, 'README.md': salt }));
}

describe('uploading a profile', () => {
  let api: ApiServer;
  let texts: ProfileTextsRepository;
  beforeAll(async () => {
    api = await ApiServer.start({
      SIDESCAN_PROFILE_LIMIT_BYTES: String(LIMIT),
      SIDESCAN_PROFILE_UNPACKED_LIMIT_BYTES: '100000',
      SIDESCAN_PROFILE_ENTRIES_MAX: '20',
    });
    texts = new ProfileTextsRepository(api.prisma);
  });
  afterAll(() => api.stop());

  const upload = (
    raw: Buffer | FormData,
    headers: Record<string, string> = GZIP,
    query = '',
  ): Promise<Answer<ProfileDto>> =>
    api.ask<ProfileDto>('POST', `/v1/profiles${query}`, { raw, headers: raw instanceof FormData ? {} : headers });
  const formOf = (...archives: Buffer[]): FormData => {
    const form = new FormData();
    form.append('comment', 'from a form');
    for (const archive of archives) form.append('file', new Blob([new Uint8Array(archive)]), 'profile.tar.gz');
    return form;
  };

  it('keeps a tar.gz byte for byte, and has it read', async () => {
    const archive = aProfile('first');
    const answer = await upload(archive);
    expect(answer.status, answer.text).toBe(201);
    const { id, digest } = answer.body;
    expect(answer.headers.get('location')).toBe(`/v1/profiles/${id}`);
    expect(answer.body).toMatchObject({
      name: 'first',
      version: '1.0.0',
      title: 'first',
      bytes: archive.length,
      builtIn: false,
      state: 'reading',
      problems: [],
      controls: null,
      inputs: [],
      links: {
        self: `/v1/profiles/${id}`,
        controls: `/v1/profiles/${id}/controls`,
        content: `/v1/profiles/${id}/content`,
      },
    });
    expect(await api.app.get<JobQueue>(JobQueue).has('profile.read', { digest, attempt: 1 })).toBe(true);
    expect((await api.ask('GET', `/v1/profiles/${id}`)).body).toEqual(answer.body);
    expect((await api.ask('GET', `/v1/profiles/${digest}`)).body).toEqual(answer.body);

    const content = await fetch(`${api.url}/v1/profiles/${id}/content`, { headers: BEARER });
    expect(Buffer.from(await content.arrayBuffer()).equals(archive)).toBe(true);
    expect(content.headers.get('etag')).toBe(`"${digest}"`);
    expect(content.headers.get('content-type')).toBe('application/gzip');
    expect(content.headers.get('content-disposition')).toBe('attachment; filename="first-1.0.0.tar.gz"');
    const again = await api.ask('GET', `/v1/profiles/${id}/content`, { headers: { 'if-none-match': `"${digest}"` } });
    expect(again.status).toBe(304);
    expect(again.headers.get('etag')).toBe(`"${digest}"`);
  });

  it('keeps a zip as a tar.gz that can be uploaded as it is', async () => {
    const answer = await upload(zipOf(files({ 'inspec.yml': 'name: zipped\nversion: 1.0.0\n' })), {
      'content-type': 'application/zip',
    });
    expect(answer.status, answer.text).toBe(201);
    const content = await fetch(`${api.url}/v1/profiles/${answer.body.id}/content`, { headers: BEARER });
    const bytes = Buffer.from(await content.arrayBuffer());
    expect(gunzipSync(bytes).includes('name: zipped')).toBe(true);
    const again = await upload(bytes);
    expect(again.status).toBe(200);
    expect(again.body).toEqual(answer.body);
  });

  it.each([
    'application/gzip',
    'application/x-gzip',
    'application/x-tar',
    'application/zip',
    'application/octet-stream',
    'Application/GZIP; charset=binary',
  ])('takes it as %s, whatever it is', async (type) => {
    const answer = await upload(aProfile(`as-${randomBytes(4).toString('hex')}`), { 'content-type': type });
    expect(answer.status, answer.text).toBe(201);
  });

  it('takes it as the file of a form, and only one', async () => {
    const answer = await upload(formOf(aProfile('of-a-form')));
    expect(answer.status, answer.text).toBe(201);
    expect((await upload(formOf(aProfile('one'), aProfile('two')))).status).toBe(422);
    expect((await upload(formOf())).text).toContain('the form has no file');
    expect((await upload(Buffer.from('--x\r\n'), { 'content-type': 'multipart/form-data; boundary=x' })).status).toBe(
      422,
    );
  });

  it('takes nothing else, and no other resource takes an archive', async () => {
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
      const answer = await upload(Buffer.from('{}'), { 'content-type': type });
      expect([answer.status, answer.text]).toEqual([415, expect.stringContaining('application/gzip')]);
    }
    for (const type of ['application/gzip', 'multipart/form-data; boundary=x', 'application/octet-stream']) {
      const answer = await api.ask('POST', '/v1/scans', { raw: '{}', headers: { 'content-type': type } });
      expect([answer.status, answer.text]).toEqual([415, expect.stringContaining('application/json')]);
    }
  });

  it('holds the limit of the body at its edge, as a body and in a form', async () => {
    const exactly = ofSize('edge', LIMIT);
    const above = ofSize('edge', LIMIT + 1);
    expect(exactly.length).toBe(LIMIT);
    for (const wrap of [(raw: Buffer) => raw, (raw: Buffer) => formOf(raw)]) {
      const refused = await upload(wrap(above));
      expect([refused.status, refused.text]).toEqual([
        413,
        expect.stringContaining(`an archive may have ${LIMIT} bytes`),
      ]);
      expect([200, 201]).toContain((await upload(wrap(exactly))).status);
    }
    const endless = await upload(Buffer.alloc(4 * 1024 * 1024));
    expect(endless.status).toBe(413);
  });

  it('says all that is wrong with it, by entry', async () => {
    const answer = await upload(tarGz([{ name: '../a' }, { name: 'b', type: '2', link: '/etc' }, { name: 'c' }]));
    expect(answer.status).toBe(422);
    expect((answer.body as unknown as { errors: unknown }).errors).toEqual([
      { entry: '../a', detail: 'has ".." in its path' },
      { entry: 'b', detail: 'is a symbolic link' },
      { detail: 'has no inspec.yml, neither at its root nor in the only folder there' },
    ]);
    const metadata = await upload(tarGzOf({ 'inspec.yml': 'name: a/b\nversion: 1\n', 'controls/a.rb': CONTROL }));
    expect((metadata.body as unknown as { errors: unknown }).errors).toMatchObject([
      { entry: 'inspec.yml', pointer: '/name' },
      { entry: 'inspec.yml', pointer: '/version' },
    ]);
    const bomb = await upload(gzipSync(Buffer.alloc(10_000_000)));
    expect(bomb.status).toBe(422);
    expect((await upload(Buffer.alloc(0))).status).toBe(422);
    expect((await api.ask('GET', '/v1/profiles?name=a/b')).body).toEqual({ items: [], next: null });
  });

  it('holds the configured limits', async () => {
    const entries = (count: number): Buffer =>
      tarGzOf(
        files({
          'inspec.yml': 'name: many\nversion: 1.0.0\n',
          ...Object.fromEntries(Array.from({ length: count - 2 }, (_, n) => [`files/${n}`, ''])),
        }),
      );
    expect((await upload(entries(20))).status).toBe(201);
    expect((await upload(entries(21))).text).toContain('more than 20 entries');
    const unpacked = (bytes: number): Buffer =>
      tarGzOf({
        'inspec.yml': 'name: large\nversion: 1.0.0\n'.padEnd(1000, '\n'),
        'controls/a.rb': CONTROL.padEnd(1000, '\n'),
        'files/a': 'a'.repeat(bytes - 2000),
      });
    expect((await upload(unpacked(100_000))).status).toBe(201);
    expect((await upload(unpacked(100_001))).text).toContain('more than 100000 bytes when it is unpacked');
  });

  it('is the same profile when its content is the same, however many do it at once', async () => {
    const archive = aProfile('same');
    const answers = await Promise.all(Array.from({ length: 6 }, () => upload(archive)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await api.prisma.profile.count({ where: { name: 'same' } })).toBe(1);
  });

  it('is refused when the version has other files, also of two at once', async () => {
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((salt) => upload(aProfile('contested', '1.0.0', salt))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    const later = await upload(aProfile('contested', '1.0.0', 'e'));
    const [kept] = await api.prisma.profile.findMany({ where: { name: 'contested' } });
    expect(later.status).toBe(409);
    expect(later.text).toContain(`contested 1.0.0 exists with other files (${kept?.digest})`);
    expect((await upload(aProfile('contested', '1.0.1', 'e'))).status).toBe(201);
  });

  it('is the profile that is there when its files are the same, whatever packed them', async () => {
    const content = {
      'inspec.yml': 'name: packed\nversion: 1.0.0\n',
      'controls/a.rb': CONTROL,
      'README.md': 'read me',
    };
    const first = await upload(tarGzOf(content));
    expect(first.status).toBe(201);
    const below = Object.fromEntries(Object.entries(content).map(([name, text]) => [`packed-1.0.0/${name}`, text]));
    const others = [
      tarGzOf(Object.fromEntries(Object.entries(content).reverse())),
      tarGz([
        { name: './', type: '5' },
        ...Object.entries(content).map(([name, bytes]) => ({ name: `./${name}`, bytes })),
      ]),
      tarGzOf(below),
      zipOf(content),
      zipOf(below),
    ];
    for (const archive of others) {
      const { status, body } = await upload(archive);
      expect([status, body]).toEqual([200, first.body]);
    }
    const changes: Record<string, string>[] = [
      { 'README.md': 'read me!' },
      { 'files/more': '' },
      { 'controls/b.rb': CONTROL },
    ];
    for (const change of changes) {
      expect((await upload(zipOf({ ...content, ...change }))).status).toBe(409);
    }
    expect(await api.prisma.profile.count({ where: { name: 'packed' } })).toBe(1);
  });

  it('is refused for the name of a built-in profile', async () => {
    const answer = await upload(aProfile('container-baseline', '99.0.0'));
    expect([answer.status, answer.text]).toEqual([409, expect.stringContaining('comes with the service')]);
  });

  it('answers when it is read, to whoever waits for that', async () => {
    for (const ask of [{ query: '?wait=30' }, { headers: { ...GZIP, prefer: 'respond-async, wait=30' } }]) {
      const name = `waited-${randomBytes(4).toString('hex')}`;
      const waiting = upload(aProfile(name), ask.headers ?? GZIP, ask.query ?? '');
      const digest = await digestOf(name);
      await texts.complete(digest, 1, [control('w-1')]);
      const { status, body, headers } = await waiting;
      expect([status, body.state, body.controls]).toEqual([201, 'ready', 1]);
      expect(headers.get('preference-applied')).toBe(ask.headers ? 'wait=30' : null);
    }
    const { body } = await upload(aProfile('waited-for-later'));
    const waiting = api.ask<ProfileDto>('GET', `/v1/profiles/${body.id}?wait=30`);
    await texts.refuse(body.digest, 1, ['controls/a.rb:1: syntax error']);
    expect((await waiting).body).toMatchObject({
      state: 'invalid',
      problems: ['controls/a.rb:1: syntax error'],
      controls: 0,
    });
    expect((await api.ask('GET', `/v1/profiles/${body.id}?wait=61`)).status).toBe(422);
  });

  it('shows the texts of its controls, page by page', async () => {
    const { body } = await upload(aProfile('with-texts'));
    const url = `/v1/profiles/${body.id}/controls`;
    const early = await api.ask('GET', url);
    expect([early.status, early.body.code]).toEqual([404, 'NOT_READ']);
    const tags = { nist: ['AC-2'], severity: 'low' };
    await texts.complete(body.digest, 1, [{ ...control('t-1'), tags }, control('t-2'), control('t-3')]);
    const first = await api.ask<{ items: unknown[]; next: string }>('GET', `${url}?limit=2`);
    expect(first.body.items).toEqual([
      { id: 't-1', title: 'Title', desc: 'Why', impact: 0.7, severity: 'low', tags, code: "control 't-1'" },
      { id: 't-2', title: 'Title', desc: 'Why', impact: 0.7, severity: 'high', tags: {}, code: "control 't-2'" },
    ]);
    expect(first.headers.get('link')).toContain('rel="next"');
    const second = await api.ask<{ items: { id: string }[] }>('GET', `${url}?limit=2&cursor=${first.body.next}`);
    expect(second.body).toMatchObject({ items: [{ id: 't-3' }], next: null });
    const known = first.headers.get('etag') ?? '';
    expect((await api.ask('GET', `${url}?limit=2`, { headers: { 'if-none-match': known } })).status).toBe(304);
    expect((await api.ask('GET', `${url}?cursor=nonsense`)).status).toBe(422);
    const invalid = await upload(aProfile('without-texts'));
    await texts.refuse(invalid.body.digest, 1, ['no']);
    expect((await api.ask('GET', `/v1/profiles/${invalid.body.id}/controls`)).text).toContain(
      'the auditor cannot read it',
    );
  });

  it('refuses texts of a former attempt, and of one that is over', async () => {
    const { body } = await upload(aProfile('fenced'));
    expect(await texts.begin(body.digest)).toEqual({ attempt: 1, fresh: false });
    expect(await texts.complete(body.digest, 2, [control('x')])).toBe(false);
    expect(await texts.claim(body.digest, 1, 'pod-1', 1_000)).toBe('claimed');
    expect(await texts.complete(body.digest, 1, [control('x')])).toBe(true);
    expect(await texts.complete(body.digest, 1, [control('y')])).toBe(false);
    expect(await texts.refuse(body.digest, 1, ['late'])).toBe(false);
    expect(await texts.find(body.digest)).toMatchObject({
      state: 'ready',
      controls: 1,
      problems: [],
      podName: 'pod-1',
    });
    expect((await texts.podsNotGone()).map(({ podName }) => podName)).toContain('pod-1');
    await texts.podGone(body.digest, 1);
    expect((await texts.podsNotGone()).map(({ podName }) => podName)).not.toContain('pod-1');
    expect(await texts.controlsAmong(body.digest, ['x', 'y', '\0'])).toEqual(new Set(['x']));
  });

  it('loses nothing when it is killed between its steps', async () => {
    const { body } = await upload(aProfile('unread'));
    await api.app.get<JobQueue>(JobQueue).remove('profile.read', { digest: body.digest, attempt: 1 });
    expect((await texts.unread()).map(({ digest }) => digest)).toContain(body.digest);
    expect((await upload(aProfile('unread'))).status).toBe(200);
    expect(await api.app.get<JobQueue>(JobQueue).has('profile.read', { digest: body.digest, attempt: 1 })).toBe(true);
  });

  it('is counted from the start for the built-in profiles too', async () => {
    const { body } = await api.ask<{ items: ProfileDto[] }>('GET', '/v1/profiles?name=container-baseline');
    expect((await texts.unread()).map(({ digest }) => digest)).toContain(body.items[0]?.digest);
  });

  async function digestOf(name: string): Promise<string> {
    for (;;) {
      const row = await api.prisma.profile.findFirst({ where: { name } });
      if (row !== null && (await texts.find(row.digest)) !== null) return row.digest;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
});

describe('many uploads at once', () => {
  it('wait for their turn, and more than may wait are sent away', async () => {
    const api = await ApiServer.start();
    try {
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => (open = resolve));
      /** Takes nothing before the gate opens. */
      class GatedStore extends MemoryObjectStore {
        override async put(key: string, bytes: Uint8Array): Promise<void> {
          await gate;
          await super.put(key, bytes);
        }
      }
      const uploads = new ProfileUploadsService(
        api.installation.config,
        api.app.get(ProfilesService),
        new ProfilesRepository(api.prisma),
        new ProfileTextsRepository(api.prisma),
        new GatedStore(),
        api.app.get<JobQueue>(JobQueue),
      );
      const { id: projectId } = await api.prisma.project.findUniqueOrThrow({ where: { name: 'default' } });
      const caller = { keyId: 'key_x', projectId, scopes: [] };
      // Two at work, twenty that wait.
      const taken = Array.from({ length: 22 }, (_, n) => uploads.upload(caller, aProfile('crowd', `1.0.${n}`)));
      await expect(uploads.upload(caller, aProfile('crowd', '2.0.0'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      open();
      expect((await Promise.all(taken)).every(({ created }) => created)).toBe(true);
      expect((await uploads.upload(caller, aProfile('crowd', '2.0.0'))).created).toBe(true);
    } finally {
      await api.stop();
    }
  });
});

describe('a store that does not take it', () => {
  it('leaves no profile behind', async () => {
    const api = await ApiServer.start();
    try {
      const { store } = api.installation.config;
      if (store.kind !== 'folder') throw new Error('the test installation has a folder');
      await writeFile(store.dir, 'a file where the folder should be');
      const answer = await api.ask('POST', '/v1/profiles', { raw: aProfile('homeless'), headers: GZIP });
      expect([answer.status, answer.body.code]).toEqual([503, 'UNAVAILABLE']);
      expect(await api.prisma.profile.count({ where: { name: 'homeless' } })).toBe(0);
    } finally {
      await api.stop();
    }
  });
});

function control(controlId: string) {
  return { controlId, title: 'Title', desc: 'Why', impact: 0.7, tags: {}, refs: [], code: `control '${controlId}'` };
}

/** A profile whose archive has exactly so many bytes: the comment of a gzip may be of any length. */
function ofSize(name: string, bytes: number): Buffer {
  const plain = aProfile(name);
  const body = plain.subarray(10);
  const header = Buffer.from([0x1f, 0x8b, 8, 16, 0, 0, 0, 0, 0, 255]);
  const comment = Buffer.alloc(bytes - plain.length, 'x');
  comment.writeUInt8(0, comment.length - 1);
  return Buffer.concat([header, comment, body]);
}

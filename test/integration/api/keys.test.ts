import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashApiKey, idOfApiKey, newApiKey } from '../../../src/auth/api-key.js';
import type { CreatedKeyDto, KeyDto, KeyPageDto } from '../../../src/auth/keys.dto.js';
import { SCOPES } from '../../../src/auth/scopes.js';
import { newId } from '../../../src/domain/ids.js';
import type { ScanPageDto } from '../../../src/scans/scan.dto.js';
import { ADMIN_KEY } from '../../support/environment.js';
import { eventually } from '../../support/eventually.js';
import { ApiServer, aSubmission } from './api-server.js';

describe('API keys', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await ApiServer.start();
  });
  afterAll(() => api.stop());

  const works = async (key: string): Promise<boolean> => (await api.ask('GET', '/v1/scans', { key })).status === 200;

  it('shows a key once, and stores only its hash', async () => {
    const made = await api.newKey(['scans:read']);
    expect(made.key).toMatch(/^sk_[0-9a-z]{26}_[0-9a-f]{72}$/);
    expect(made).toMatchObject({ project: 'default', scopes: ['scans:read'], bootstrap: false, revokedAt: null });
    expect(await works(made.key)).toBe(true);
    const rows = JSON.stringify(await api.prisma.apiKey.findMany());
    expect(rows).toContain(hashApiKey(made.key));
    expect(rows).not.toContain(made.key.slice(30));
    const listed = await api.ask<KeyPageDto>('GET', '/v1/keys');
    expect(listed.body.items.find((key) => key.id === made.id)).toMatchObject({ name: 'test' });
    expect(listed.text).not.toContain(made.key.slice(30));
    expect(listed.text).not.toContain('hash');
  });

  it('forbids caches to keep the answer that shows a key', async () => {
    const answer = await api.ask('POST', '/v1/keys', { body: { name: 'x', scopes: ['scans:read'] } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('revokes at once, and twice is once', async () => {
    const { id, key } = await api.newKey(['scans:read']);
    expect(await works(key)).toBe(true);
    const first = await api.ask<KeyDto>('DELETE', `/v1/keys/${id}`);
    expect([first.status, typeof first.body.revokedAt]).toEqual([200, 'string']);
    expect(await works(key)).toBe(false);
    expect((await api.ask<KeyDto>('DELETE', `/v1/keys/${id}`)).body.revokedAt).toBe(first.body.revokedAt);
  });

  it('notes when a key was used', async () => {
    const { id, key } = await api.newKey(['scans:read']);
    await works(key);
    await eventually(
      'the use is noted',
      async () => (await api.prisma.apiKey.findUnique({ where: { id } }))?.lastUsedAt != null,
    );
  });

  it('pages over keys, newest first', async () => {
    const { key } = await api.newKey(['admin'], 'many-keys');
    const made: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { body } = await api.ask<CreatedKeyDto>('POST', '/v1/keys', {
        key,
        body: { name: `k${i}`, scopes: ['admin'] },
      });
      made.unshift(body.name);
    }
    const seen: string[] = [];
    for (let path: string | undefined = '/v1/keys?limit=2'; path !== undefined;) {
      const { body, headers }: { body: KeyPageDto; headers: Headers } = await api.ask<KeyPageDto>('GET', path, { key });
      seen.push(...body.items.map((item) => item.name));
      path = /^<(.*)>/.exec(headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual([...made, 'test']);
  });

  it.each([
    ['no key', null, undefined],
    ['another scheme', null, `Basic ${ADMIN_KEY}`],
    ['nothing after Bearer', null, 'Bearer'],
    ['two tokens', null, `Bearer ${ADMIN_KEY} x`],
    ['a wrong key', 'sk_wrong', undefined],
    ['a key that is almost right', `${ADMIN_KEY}0`, undefined],
    ['a key that was never given out', newApiKey().text, undefined],
    ['a very long key', 'x'.repeat(9000), undefined],
  ])('answers 401 to %s, in the same words for every wrong key', async (_, key, header) => {
    const answer = await api.ask('GET', '/v1/scans', {
      key,
      headers: header === undefined ? {} : { authorization: header },
    });
    expect([answer.status, answer.body.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    if (key !== null) expect(answer.body.detail).toBe('the API key is not valid');
  });

  it('a key with another secret, or another id, is not valid', async () => {
    const [one, other] = [await api.newKey(['scans:read']), await api.newKey(['scans:read'])];
    const swapped = newApiKey().text.replace(/^sk_.{26}/, one.key.slice(0, 29));
    const mixed = one.key.slice(0, 29) + other.key.slice(29);
    for (const key of [swapped, mixed, one.key.slice(0, -1), `${one.key}0`, one.key.toUpperCase()])
      expect(await works(key)).toBe(false);
  });

  it('tells a typo from a key without asking the database', () => {
    const { id, text } = newApiKey();
    expect(idOfApiKey(text)).toBe(id);
    const typo = text.slice(0, 40) + (text[40] === '0' ? '1' : '0') + text.slice(41);
    expect(idOfApiKey(typo)).toBeNull();
  });

  it('a hash is no key', async () => {
    expect(await works(hashApiKey(ADMIN_KEY))).toBe(false);
  });

  it.each(SCOPES)('a key with %s alone does what that scope allows, and nothing else', async (scope) => {
    const { key } = await api.newKey([scope]);
    const status = async (method: string, path: string, body?: unknown) =>
      (await api.ask(method, path, { key, body })).status;
    expect(await status('POST', '/v1/scans', aSubmission())).toBe(scope === 'scans:write' ? 202 : 403);
    expect(await status('GET', '/v1/scans')).toBe(scope === 'scans:read' ? 200 : 403);
    expect(await status('GET', '/v1/keys')).toBe(scope === 'admin' ? 200 : 403);
    const refused = await api.ask('DELETE', `/v1/scans/${newId('scan')}`, { key });
    expect(refused.status).toBe(scope === 'scans:write' ? 404 : 403);
    if (refused.status === 403) expect(refused.body.detail).toContain('scans:write');
  });

  it('an admin of another project makes, sees and revokes the keys of that project alone', async () => {
    const shop = await api.newKey(['admin'], 'shop');
    const ask = (method: string, path: string, body?: unknown) =>
      api.ask<CreatedKeyDto>(method, path, { key: shop.key, body });
    const own = await ask('POST', '/v1/keys', { name: 'own', scopes: ['scans:read'] });
    expect([own.status, own.body.project]).toEqual([201, 'shop']);
    expect((await ask('POST', '/v1/keys', { name: 'own', scopes: ['scans:read'], project: 'shop' })).status).toBe(201);
    for (const project of ['default', 'elsewhere']) {
      expect((await ask('POST', '/v1/keys', { name: 'x', scopes: ['admin'], project })).status).toBe(403);
    }
    expect(await api.prisma.project.count({ where: { name: 'elsewhere' } })).toBe(0);
    const listed = await api.ask<KeyPageDto>('GET', '/v1/keys', { key: shop.key });
    expect(listed.body.items.map((key) => key.name).sort()).toEqual(['own', 'own', 'test']);
    const foreign = await api.newKey(['scans:read']);
    expect((await ask('DELETE', `/v1/keys/${foreign.id}`)).status).toBe(404);
    expect(await works(foreign.key)).toBe(true);
    expect((await api.ask('DELETE', `/v1/keys/${own.body.id}`)).status).toBe(404); // not even for the default project
  });

  it('first keys of a new project at once share it', async () => {
    await Promise.all(Array.from({ length: 8 }, () => api.newKey(['scans:read'], 'fresh')));
    const project = await api.prisma.project.findMany({ where: { name: 'fresh' }, include: { keys: true } });
    expect(project.map((row) => row.keys.length)).toEqual([8]);
  });

  it.each([
    [{}, ['/name', '/scopes']],
    [{ name: '', scopes: [] }, ['/name', '/scopes']],
    [{ name: 'x'.repeat(101), scopes: ['scans:read'] }, ['/name']],
    [{ name: 'a\nb', scopes: ['scans:read'] }, ['/name']],
    [{ name: 'x', scopes: ['root'] }, ['/scopes']],
    [{ name: 'x', scopes: ['admin', 'admin'] }, ['/scopes']],
    [{ name: 'x', scopes: 'admin' }, ['/scopes']],
    [{ name: 'x', scopes: ['admin'], project: 'No!' }, ['/project']],
    [{ name: 'x', scopes: ['admin'], expires: 'never' }, ['/expires']],
  ])('refuses %j', async (body, pointers) => {
    const answer = await api.ask('POST', '/v1/keys', { body });
    expect(answer.status).toBe(422);
    expect([...new Set(answer.body.errors?.map((fault) => fault.pointer))].sort()).toEqual(pointers);
  });
});

describe('the bootstrap key', () => {
  it('has all scopes, cannot be revoked by a request, and changes with its variable', async () => {
    const api = await ApiServer.start();
    try {
      const { items } = (await api.ask<KeyPageDto>('GET', '/v1/keys')).body;
      expect(items).toMatchObject([{ bootstrap: true, name: 'SIDESCAN_ADMIN_KEY', scopes: SCOPES }]);
      expect((await api.ask('DELETE', `/v1/keys/${items[0]?.id}`)).status).toBe(409);

      const rotated = 'another-admin-key-that-is-long-enough';
      await restart(api, rotated);
      expect((await scans(api, ADMIN_KEY)).status).toBe(401);
      expect((await scans(api, rotated)).status).toBe(200);

      await restart(api, ADMIN_KEY);
      expect((await scans(api, rotated)).status).toBe(401);
      expect((await scans(api, ADMIN_KEY)).status).toBe(200);

      await restart(api, null);
      expect((await scans(api, ADMIN_KEY)).status).toBe(401);
      expect(await api.prisma.apiKey.count({ where: { revokedAt: null } })).toBe(0);
    } finally {
      await api.stop();
    }
  });

  it('is one key when two processes start at once', async () => {
    const api = await ApiServer.start();
    try {
      await Promise.all([api.launch(), api.launch()]);
      expect(await api.prisma.apiKey.count({ where: { bootstrap: true } })).toBe(1);
    } finally {
      await api.stop();
    }
  });

  const scans = (api: ApiServer, key: string) => api.ask<ScanPageDto>('GET', '/v1/scans', { key });

  async function restart(api: ApiServer, adminKey: string | null): Promise<void> {
    await api.app.close();
    api.installation.config = { ...api.installation.config, adminKey };
    await api.launch();
  }
});

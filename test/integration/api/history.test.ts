import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScanDto, ScanPageDto } from '../../../src/scans/scan.dto.js';
import type { TargetDto, TargetPageDto } from '../../../src/targets/target.dto.js';
import { ApiServer } from './api-server.js';
import { anOutcome, finish } from './outcomes.js';

describe('GET /v1/scans', () => {
  let api: ApiServer;
  let key: string;
  beforeAll(async () => {
    api = await ApiServer.start();
  });
  afterAll(() => api.stop());

  /** A project of its own for each test, so that it sees its own scans alone. */
  async function project(name: string): Promise<void> {
    key = (await api.newKey(['scans:read', 'scans:write'], name)).key;
  }
  const list = (query = '') => api.ask<ScanPageDto>('GET', `/v1/scans${query}`, { key });
  const submit = (given: Record<string, unknown> = {}) => api.submit(given, key);
  const idsOf = async (query: string): Promise<string[]> => (await list(query)).body.items.map((scan) => scan.id);

  it('is empty at first', async () => {
    await project('empty');
    expect((await list()).body).toEqual({ items: [], next: null });
  });

  it('pages from the newest to the oldest, each once, while others are inserted', async () => {
    await project('paging');
    const made: string[] = [];
    for (let i = 0; i < 25; i++) made.push((await submit()).id);
    const seen: string[] = [];
    let link: string | null = '/v1/scans?limit=7';
    while (link !== null) {
      const page: { body: ScanPageDto; headers: Headers } = await api.ask<ScanPageDto>('GET', link, { key });
      seen.push(...page.body.items.map((scan) => scan.id));
      await submit(); // would push every later page down by one if pages were counted by offset
      link = /^<(.*)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1] ?? null;
      expect(link === null).toBe(page.body.next === null);
    }
    expect(seen).toEqual(made.reverse());
  });

  it('pages over scans of the same millisecond', async () => {
    await project('same-time');
    const ids = await Promise.all(Array.from({ length: 9 }, async () => (await submit()).id));
    await api.prisma.scan.updateMany({
      where: { id: { in: ids } },
      data: { createdAt: new Date('2026-05-05T05:05:05.005Z') },
    });
    const seen: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const { body }: { body: ScanPageDto } = await list(`?limit=2${next === '' ? '' : `&cursor=${next}`}`);
      seen.push(...body.items.map((scan) => scan.id));
      next = body.next;
    }
    expect(seen).toEqual([...ids].sort().reverse());
  });

  it('filters by state, verdict, target, image, profile, labels and time, together', async () => {
    await project('filters');
    const web = await submit({ target: { image: 'nginx' }, labels: { team: 'shop', commit: 'a=b' } });
    const db = await submit({ target: { image: 'postgres:18' }, labels: { team: 'shop' } });
    const own = await submit({ profile: { configMap: 'own' } });
    await finish(api, web.id, anOutcome(1, 0, { verdict: 'passed' }));
    await api.ask('DELETE', `/v1/scans/${own.id}`, { key });
    expect(await idsOf('?state=completed')).toEqual([web.id]);
    expect(await idsOf('?state=completed&state=canceled')).toEqual([own.id, web.id]);
    expect(await idsOf('?verdict=passed')).toEqual([web.id]);
    expect(await idsOf(`?target=${db.target.id}`)).toEqual([db.id]);
    expect(await idsOf('?image=docker.io/library/nginx:latest')).toEqual([web.id]);
    expect(await idsOf('?profile=container-baseline')).toEqual([db.id, web.id]);
    expect(await idsOf('?label=team=shop')).toEqual([db.id, web.id]);
    expect(await idsOf('?label=team=shop&label=commit=a%3Db')).toEqual([web.id]);
    expect(await idsOf('?label=team=sho')).toEqual([]);
    expect(await idsOf('?namespace=shop')).toEqual([]);
    expect(await idsOf(`?since=${db.createdAt}`)).toEqual([own.id, db.id]);
    expect(await idsOf(`?until=${db.createdAt}`)).toEqual([web.id]);
    expect(await idsOf(`?since=${web.createdAt}&until=${own.createdAt}&state=queued&label=team=shop`)).toEqual([db.id]);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=x', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['limit=', 'limit'],
    ['cursor=nonsense', 'cursor'],
    [`cursor=${Buffer.from('["2026-01-01T00:00:00Z"]').toString('base64url')}`, 'cursor'],
    [`cursor=${Buffer.from('["2026-01-01T00:00:00Z",7]').toString('base64url')}`, 'cursor'],
    [`cursor=${Buffer.from('["2026-01-01T00:00:00Z","a\\u0000"]').toString('base64url')}`, 'cursor'],
    ['state=done', 'state'],
    ['verdict=maybe', 'verdict'],
    ['image=UPPER', 'image'],
    ['label=team', 'label'],
    ['label=a b=c', 'label'],
    ['label=a=1&label=a=2', 'label'],
    ['since=yesterday', 'since'],
    ['until=2027-02-30T00:00:00Z', 'until'],
    ['since=2027-01-31T00:00:60Z', 'since'],
    ['since=0000-01-01T00:00:00Z', 'since'],
    [`cursor=${Buffer.from('["0000-01-01T00:00:00Z","scan_x"]').toString('base64url')}`, 'cursor'],
    ['until=2026-13-01T00:00:00Z', 'until'],
    ['target=a&target=b', 'target'],
    ['target=%00', 'target'],
    ['namespace=%00', 'namespace'],
    ['profile=%00', 'profile'],
    ['label=a=%00', 'label'],
    ['offset=3', 'offset'],
    ['__proto__=3', '__proto__'],
  ])('refuses ?%s and names the parameter', async (query, parameter) => {
    const { status, body } = await api.ask('GET', `/v1/scans?${query}`);
    expect(status).toBe(422);
    expect(body.errors?.map((fault) => fault.parameter)).toEqual([parameter]);
  });
});

describe('GET /v1/targets', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await ApiServer.start();
  });
  afterAll(() => api.stop());

  it('lists what was scanned, with the latest result by each profile', async () => {
    const first: ScanDto = await api.submit({ target: { image: 'nginx' } });
    const again = await api.submit({ target: { image: 'docker.io/library/nginx' } });
    const other = await api.submit({ target: { image: 'redis' } });
    await finish(api, again.id, anOutcome(3, 1, { verdict: 'failed' }));
    const own = { name: 'own', version: '2', digest: 'sha256:1' };
    await finish(api, first.id, anOutcome(2, 0, { profile: own }));
    const { body } = await api.ask<TargetPageDto>('GET', '/v1/targets');
    expect(body.items.map((target) => [target.id, target.image])).toEqual([
      [other.target.id, 'redis'],
      [first.target.id, 'nginx'],
    ]);
    const one = await api.ask<TargetDto>('GET', `/v1/targets/${first.target.id}`);
    expect(one.body.latest).toMatchObject([
      { profile: 'container-baseline', scanId: again.id, verdict: 'failed', compliance: 75 },
      { profile: 'own', scanId: first.id, verdict: 'none', compliance: 100 },
    ]);
    expect((await api.ask<TargetPageDto>('GET', '/v1/targets?image=nginx:latest')).body.items).toEqual([one.body]);
    const page = await api.ask<TargetPageDto>('GET', '/v1/targets?limit=1');
    const rest = await api.ask<TargetPageDto>('GET', `/v1/targets?limit=1&cursor=${page.body.next}`);
    expect([page.body.items[0]?.id, rest.body.items[0]?.id, rest.body.next]).toEqual([
      other.target.id,
      one.body.id,
      null,
    ]);
  });

  it.each(['tgt_x', `tgt_${'0'.repeat(26)}`])('there is no target %s', async (id) => {
    expect((await api.ask('GET', `/v1/targets/${id}`)).status).toBe(404);
  });
});

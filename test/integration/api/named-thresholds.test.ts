import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScanDto } from '../../../src/scans/scan.dto.js';
import type { NamedThresholdDto, NamedThresholdPageDto } from '../../../src/thresholds/named-threshold.dto.js';
import type { ThresholdVerdictDto } from '../../../src/thresholds/evaluate-threshold.dto.js';
import { type Answer, ApiServer, aSubmission } from './api-server.js';

const BOUNDS = { compliance: { min: 80 }, 'failed.critical.max': 0 };
const TEXT = 'compliance:\n  min: 80 # of the policy\n';

describe('/v1/thresholds', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await ApiServer.start();
  });
  afterAll(() => api.stop());

  const make = (name: string, threshold: unknown = BOUNDS, key?: string) =>
    api.ask<NamedThresholdDto>('POST', '/v1/thresholds', { body: { name, threshold }, ...(key ? { key } : {}) });
  const put = (name: string, threshold: unknown) =>
    api.ask<NamedThresholdDto>('PUT', `/v1/thresholds/${name}`, { body: { threshold } });
  const read = (name: string) => api.ask<NamedThresholdDto>('GET', `/v1/thresholds/${name}`);

  it.each([
    ['nested and flat keys', BOUNDS],
    ['the text of a file', TEXT],
    ['the inline text', '{compliance.min: 80}, {failed.total.max: 1}'],
  ])('keeps bounds given as %s just as they were given', async (_, threshold) => {
    const name = `given-${Math.random().toString(36).slice(2)}`;
    const made = await make(name, threshold);
    expect([made.status, made.headers.get('location')]).toEqual([201, `/v1/thresholds/${name}`]);
    expect(made.body).toMatchObject({ name, threshold });
    expect((await read(name)).body).toEqual(made.body);
  });

  it('gives a name once', async () => {
    await make('once');
    const again = await make('once', TEXT);
    expect([again.status, again.headers.get('content-type')?.split(';')[0]]).toEqual([409, 'application/problem+json']);
    expect((await read('once')).body.threshold).toEqual(BOUNDS);
  });

  it('of many who create one name at once, one gets it', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => make('race', { compliance: { min: i } })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
    expect((await read('race')).body).toEqual(answers.find(({ status }) => status === 201)?.body);
  });

  it('PUT creates, and then replaces', async () => {
    const first = await put('put', BOUNDS);
    const second = await put('put', TEXT);
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body).toMatchObject({ name: 'put', threshold: TEXT, createdAt: first.body.createdAt });
    expect(Date.parse(String(second.body.updatedAt))).toBeGreaterThanOrEqual(Date.parse(String(first.body.updatedAt)));
    const racing = await Promise.all(Array.from({ length: 6 }, () => put('put-race', BOUNDS)));
    expect(racing.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 201]);
  });

  it('DELETE forgets it', async () => {
    await make('gone');
    expect((await api.ask('DELETE', '/v1/thresholds/gone')).status).toBe(204);
    expect((await read('gone')).status).toBe(404);
    expect((await api.ask('DELETE', '/v1/thresholds/gone')).status).toBe(404);
    expect((await make('gone')).status).toBe(201);
  });

  it.each(['nowhere', 'a%20b', 'a%00b', 'x'.repeat(64)])('there is no threshold %s', async (name) => {
    for (const method of ['GET', 'DELETE']) expect((await api.ask(method, `/v1/thresholds/${name}`)).status).toBe(404);
  });

  it('names have 1 to 63 characters', async () => {
    expect((await make('n'.repeat(63))).status).toBe(201);
    expect((await put('m'.repeat(63), BOUNDS)).status).toBe(201);
    const long = await make('n'.repeat(64));
    expect([long.status, long.body]).toMatchObject([422, { errors: [{ pointer: '/name' }] }]);
    expect((await put('m'.repeat(64), BOUNDS)).body).toMatchObject({ errors: [{ parameter: 'name' }] });
  });

  it('a text has at most 64 KiB', async () => {
    expect((await put('long', 'compliance.min: 1'.padEnd(65_536, '\n'))).status).toBe(201);
    const refused = await put('long', 'compliance.min: 1'.padEnd(65_537, '\n'));
    expect([refused.status, refused.body]).toMatchObject([422, { errors: [{ pointer: '/threshold' }] }]);
  });

  it('tells everything that is wrong at once', async () => {
    const { status, body } = await api.ask('POST', '/v1/thresholds', {
      body: { name: '-', threshold: { faled: { total: 1 }, compliance: { min: 101 } }, colour: 'red' },
    });
    expect(status).toBe(422);
    expect((body.errors ?? []).map((fault) => fault.pointer).sort()).toEqual([
      '/colour',
      '/name',
      '/threshold/compliance/min',
      '/threshold/faled/total',
    ]);
  });

  it.each([
    ['none', undefined],
    ['null', null],
    ['a number', 1],
    ['an empty object', {}],
    ['an empty text', ''],
    ['another name', 'once'],
    ['a reference', { name: 'once' }],
    ['a misspelt text', 'faled.total: 1'],
  ])('refuses %s as bounds', async (_, threshold) => {
    const { status, body } = await put('wrong', threshold);
    expect(status).toBe(422);
    expect((body as { errors?: { pointer: string }[] }).errors?.[0]?.pointer).toMatch(/^\/threshold/);
    expect((await read('wrong')).status).toBe(404);
  });

  it('lists by name, page by page', async () => {
    const { key } = await api.newKey(['admin', 'scans:read'], 'listing');
    const names = ['c', 'a', 'b.2', 'b-1', 'd'];
    for (const name of names) expect((await make(name, BOUNDS, key)).status).toBe(201);
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page: Answer<NamedThresholdPageDto> = await api.ask('GET', `/v1/thresholds?limit=2${query}`, { key });
      expect(page.body.items.length).toBeLessThanOrEqual(2);
      expect(page.headers.get('link') === null).toBe(page.body.next === null);
      found.push(...page.body.items.map(({ name }) => name));
      cursor = page.body.next;
    } while (cursor !== null);
    expect(found.toSorted()).toEqual(names.toSorted());
    expect((await api.ask('GET', '/v1/thresholds?cursor=x', { key })).status).toBe(422);
  });

  it('whoever submits scans cannot change what passes for others', async () => {
    const { key } = await api.newKey(['scans:read', 'scans:write']);
    expect((await api.ask('PUT', '/v1/thresholds/once', { key, body: { threshold: BOUNDS } })).status).toBe(403);
    expect((await api.ask('GET', '/v1/thresholds/once', { key })).status).toBe(200);
  });

  describe('in a scan', () => {
    it.each([
      ['in an object', { name: 'policy' }],
      ['as text', 'policy'],
    ])('a name %s stands for its bounds, as they were when the scan was submitted', async (_, threshold) => {
      await put('policy', BOUNDS);
      const { id } = await api.submit({ threshold });
      await put('policy', { compliance: { min: 1 } });
      await api.ask('DELETE', '/v1/thresholds/policy');
      expect(await api.scan(id)).toMatchObject({ threshold: BOUNDS, thresholdName: 'policy' });
    });

    it('bounds of its own are kept as they were given, without a name', async () => {
      for (const threshold of [BOUNDS, TEXT, 'compliance.min: 80', '{"compliance": {"min": 80}}']) {
        const { id } = await api.submit({ threshold });
        expect(await api.scan(id)).toMatchObject({ threshold, thresholdName: null });
      }
    });

    it("another project's name is none", async () => {
      await put('private', BOUNDS);
      const { key } = await api.newKey(['scans:write'], 'elsewhere');
      const { status, body } = await api.ask<ScanDto & { errors: unknown }>('POST', '/v1/scans', {
        key,
        body: { ...aSubmission(), threshold: 'private', colour: 1 },
      });
      expect([status, body.errors]).toMatchObject([422, [{ pointer: '/colour' }, { pointer: '/threshold' }]]);
    });
  });

  describe('in an evaluation', () => {
    const result = { status: 'passed', code_desc: 'it', start_time: '2026-01-01T00:00:00Z' };
    const control = { id: 'c', impact: 0.5, tags: {}, results: [result], code: '', refs: [], source_location: {} };
    const profile = { name: 'p', sha256: 'x', supports: [], attributes: [], groups: [], controls: [control] };
    const platform = { name: 'debian', release: '12' };
    const report = JSON.stringify({ platform, profiles: [profile], statistics: {}, version: '5' });
    const evaluate = (body: object) =>
      api.ask<ThresholdVerdictDto>('POST', '/v1/thresholds/evaluate', { body: { report, ...body } });

    it.each(['strict', 'saf'])('a name stands for its bounds in mode %s', async (mode) => {
      await put('evaluated', 'passed.total.min: 1\n');
      for (const threshold of ['evaluated', { name: 'evaluated' }])
        expect((await evaluate({ threshold, mode })).body.verdict).toBe('passed');
      await put('evaluated', 'passed.total.min: 2\n');
      expect((await evaluate({ threshold: 'evaluated', mode })).body.verdict).toBe('failed');
    });

    it('an unknown name and an unreadable report are told at once', async () => {
      const { status, body } = await evaluate({ report: 'x', threshold: { name: 'nowhere' } });
      expect([status, body]).toMatchObject([422, { errors: [{ pointer: '/report' }, { pointer: '/threshold/name' }] }]);
      expect((await evaluate({ threshold: 'nowhere' })).body).toMatchObject({ errors: [{ pointer: '/threshold' }] });
    });
  });
});

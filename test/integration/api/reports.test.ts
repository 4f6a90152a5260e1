import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SummaryPageDto } from '../../../src/reports/summary.dto.js';
import type { StoredReport } from '../../../src/scans/scan.js';
import { ADMIN_KEY } from '../../support/environment.js';
import { ApiServer } from './api-server.js';
import { anOutcome, finish, storeReport } from './outcomes.js';

describe('GET /v1/scans/{id}/report', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await ApiServer.start();
  });
  afterAll(() => api.stop());

  async function scanWith(report: StoredReport): Promise<string> {
    const { id } = await api.submit();
    await finish(api, id, anOutcome(1, 0, { report }));
    return id;
  }
  function fileOf(report: StoredReport): string {
    const { store } = api.installation.config;
    if (store.kind !== 'folder') throw new Error('this test reads the folder');
    return join(store.dir, report.key);
  }
  const read = async (id: string): Promise<Buffer> => {
    const response = await fetch(`${api.url}/v1/scans/${id}/report`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    return Buffer.from(await response.arrayBuffer());
  };

  it('gives the very bytes that were written, and their hash as ETag', async () => {
    const bytes = Buffer.from('{"b":1,\r\n "a" : "\u00e9\ud83d\ude00"}\n');
    const report = await storeReport(api, bytes);
    const id = await scanWith(report);
    const answer = await api.ask('GET', `/v1/scans/${id}/report`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('content-length')).toBe(String(bytes.length));
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="${id}.json"`);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('etag')).toBe(`"${report.sha256}"`);
    expect((await read(id)).equals(bytes)).toBe(true);
    const same = await api.ask('GET', `/v1/scans/${id}/report`, { headers: { 'if-none-match': `"${report.sha256}"` } });
    expect([same.status, same.text]).toEqual([304, '']);
    expect(report.key).toBe(`reports/sha256/${report.sha256.slice(0, 2)}/${report.sha256}`);
  });

  it('gives large reports and empty ones', async () => {
    for (const size of [0, 1, 65_536, 20 * 1024 * 1024]) {
      const bytes = randomBytes(size);
      expect((await read(await scanWith(await storeReport(api, bytes)))).equals(bytes)).toBe(true);
    }
  });

  it.each([
    ['another report of the same size', (good: Buffer) => gzipSync(Buffer.alloc(good.length, 'x'))],
    ['a longer one', (good: Buffer) => gzipSync(Buffer.concat([good, good]))],
    ['a shorter one', (good: Buffer) => gzipSync(good.subarray(1))],
    ['a gzip that is cut off', (good: Buffer) => gzipSync(good).subarray(0, 40)],
    ['no gzip', () => Buffer.from('{}')],
  ])('never passes off %s as the report', async (_, spoil) => {
    const bytes = Buffer.from(JSON.stringify({ text: randomBytes(90_000).toString('hex') }));
    const report = await storeReport(api, bytes);
    const id = await scanWith(report);
    expect(gunzipSync(await readFile(fileOf(report))).equals(bytes)).toBe(true);
    await writeFile(fileOf(report), spoil(bytes));
    const whole = await fetch(`${api.url}/v1/scans/${id}/report`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })
      .then(async (answer) => (answer.ok ? (await answer.arrayBuffer()).byteLength : 'refused'))
      .catch(() => 'broken off');
    expect(['refused', 'broken off']).toContain(whole);
  });

  it('fails, and says so in the log, when the store has lost it', async () => {
    const report = await storeReport(api, Buffer.from('{"lost":true}'));
    const id = await scanWith(report);
    await rm(fileOf(report));
    expect((await api.ask('GET', `/v1/scans/${id}/report`)).body).toMatchObject({ status: 500, code: 'INTERNAL' });
    expect(api.log.join('')).toContain(`the object store has no ${report.key}`);
  });

  it('says in which state a scan is that has none', async () => {
    const { id } = await api.submit();
    const { status, body } = await api.ask('GET', `/v1/scans/${id}/report`);
    expect([status, body.code]).toEqual([404, 'NO_REPORT']);
    expect(body.detail).toContain('queued');
  });
});

describe('GET /v1/reports/summary', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await ApiServer.start();
  });
  afterAll(() => api.stop());

  async function scanned(image: string, passed: number, failed: number, key?: string, profile = 'container-baseline') {
    const { id } = await api.submit({ target: { image } }, key);
    const verdict = failed > 0 ? 'failed' : 'passed';
    await finish(
      api,
      id,
      anOutcome(passed, failed, { verdict, profile: { name: profile, version: '1', digest: 'd' } }),
    );
    return id;
  }
  const summary = async (query: string, key?: string): Promise<SummaryPageDto> =>
    (await api.ask<SummaryPageDto>('GET', `/v1/reports/summary?${query}`, { key })).body;

  it('counts the latest result of each target and profile, worst first', async () => {
    const { key } = await api.newKey(['scans:read', 'scans:write'], 'counts');
    await scanned('web', 0, 10, key); // superseded
    await scanned('docker.io/library/web:latest', 9, 1, key);
    await scanned('web', 1, 1, key, 'own');
    await scanned('db', 1, 3, key);
    await scanned('ok', 4, 0, key);
    expect((await summary('groupBy=image', key)).items).toMatchObject([
      {
        key: 'db',
        targets: 1,
        scans: 1,
        compliance: 25,
        passed: 1,
        failed: 3,
        verdicts: { passed: 0, failed: 1, none: 0 },
      },
      { key: 'web', targets: 1, scans: 2, compliance: (100 * 10) / 12, passed: 10, failed: 2, controls: 12 },
      { key: 'ok', targets: 1, scans: 1, compliance: 100, verdicts: { passed: 1, failed: 0, none: 0 } },
    ]);
    expect((await summary('groupBy=profile', key)).items).toMatchObject([
      { key: 'own', targets: 1, scans: 1, compliance: 50 },
      { key: 'container-baseline', targets: 3, scans: 3, passed: 14, failed: 4 },
    ]);
    const byNamespace = (await summary('groupBy=namespace', key)).items;
    expect(byNamespace).toMatchObject([
      { key: null, targets: 3, scans: 4, passed: 15, failed: 5, no_impact: 0, compliance: 75 },
    ]);
    expect(byNamespace[0]?.lastFinishedAt).toMatch(/Z$/);
  });

  it('equals a recomputation from the rows of the scans', async () => {
    const { key } = await api.newKey(['scans:read', 'scans:write'], 'recomputed');
    const latest = new Map<string, { passed: number; failed: number }>();
    for (let i = 0; i < 30; i++) {
      const [image, passed, failed] = [`img-${(i * 7) % 5}:1`, (i * 13) % 6, (i * 5) % 4];
      await scanned(image, passed, failed, key);
      latest.set(image, { passed, failed });
    }
    const { items } = await summary('groupBy=image', key);
    expect(items.map(({ key: name, passed, failed }) => [name, passed, failed]).sort()).toEqual(
      [...latest].map(([name, { passed, failed }]) => [name, passed, failed]).sort(),
    );
    const order = items.map((group) => group.compliance);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('pages over groups with equal and with uneven compliance', async () => {
    const { key } = await api.newKey(['scans:read', 'scans:write'], 'pages');
    for (const name of ['b', 'a', 'c']) await scanned(name, 1, 2, key);
    await scanned('none-tested', 0, 0, key);
    await scanned('worse', 2, 5, key);
    const all = (await summary('groupBy=image', key)).items.map((group) => group.key);
    expect(all).toEqual(['none-tested', 'worse', 'a', 'b', 'c']);
    const seen: (string | null)[] = [];
    for (let next: string | null = ''; next !== null;) {
      const page: SummaryPageDto = await summary(`groupBy=image&limit=2${next === '' ? '' : `&cursor=${next}`}`, key);
      seen.push(...page.items.map((group) => group.key));
      next = page.next;
    }
    expect(seen).toEqual(all);
  });

  it.each([
    ['', 'groupBy'],
    ['groupBy=color', 'groupBy'],
    ['groupBy=image&cursor=x', 'cursor'],
    ['groupBy=image&team=x', 'team'],
  ])('refuses ?%s', async (query, parameter) => {
    const { status, body } = await api.ask('GET', `/v1/reports/summary?${query}`);
    expect([status, body.errors?.map((fault) => fault.parameter)]).toEqual([422, [parameter]]);
  });
});

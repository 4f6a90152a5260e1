import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlRow } from '../../../src/scans/scan-results.js';
import type { ScanControlPageDto } from '../../../src/scans/scan-control.dto.js';
import { ApiServer, type Answer } from './api-server.js';
import { aControl, anOutcome, finish } from './outcomes.js';

const STATUSES = ['passed', 'failed', 'skipped', 'error', 'no_impact'];
const SEVERITIES = ['critical', 'high', 'medium', 'low', 'none'];

describe('GET /v1/scans/{id}/controls', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await ApiServer.start();
  });
  afterAll(() => api.stop());

  async function scanWith(controls: ControlRow[], key?: string): Promise<string> {
    const { id } = await api.submit({}, key);
    await finish(api, id, anOutcome(1, 0, { controls }));
    return id;
  }
  const list = (id: string, query = '', headers = {}): Promise<Answer<ScanControlPageDto>> =>
    api.ask<ScanControlPageDto>('GET', `/v1/scans/${id}/controls${query}`, { headers });
  const idsOf = async (id: string, query: string): Promise<string[]> =>
    (await list(id, query)).body.items.map((control) => control.controlId);

  it('gives every control as it was judged, in the order of the report', async () => {
    const first = aControl({
      controlId: 'z-1',
      profileName: 'own',
      status: 'failed',
      severity: 'critical',
      impact: 0.95,
      title: 'Ünïcode <b>',
      message: 'expected 1\ngot 2',
    });
    const id = await scanWith([first, aControl({ controlId: 'a-2', waived: true, status: 'skipped' })]);
    const { status, body, headers } = await list(id);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    const { profileName, ...rest } = first;
    expect(body).toEqual({
      items: [
        { ...rest, profile: profileName },
        {
          controlId: 'a-2',
          profile: 'container-baseline',
          status: 'skipped',
          severity: 'medium',
          impact: 0.5,
          waived: true,
          title: null,
          message: null,
        },
      ],
      next: null,
    });
    expect(Object.keys(body.items[0] ?? {})).toEqual([
      'controlId',
      'profile',
      'status',
      'severity',
      'impact',
      'waived',
      'title',
      'message',
    ]);
  });

  it('filters by status, severity and both, and each control is of one of them', async () => {
    const all = STATUSES.flatMap((status) =>
      SEVERITIES.map((severity) => aControl({ controlId: `${status}/${severity}`, status, severity })),
    );
    const id = await scanWith(all);
    for (const status of STATUSES) {
      expect(await idsOf(id, `?status=${status}`)).toEqual(SEVERITIES.map((severity) => `${status}/${severity}`));
    }
    for (const severity of SEVERITIES) {
      expect(await idsOf(id, `?severity=${severity}`)).toEqual(STATUSES.map((status) => `${status}/${severity}`));
    }
    expect(await idsOf(id, '?status=error&severity=low&status=failed&severity=high')).toEqual([
      'failed/high',
      'failed/low',
      'error/high',
      'error/low',
    ]);
  });

  it('finds text in id, title and message in either case, and nothing is a pattern', async () => {
    const id = await scanWith([
      aControl({ controlId: 'SV-Root-1' }),
      aControl({ controlId: 'c-2', title: 'No root login' }),
      aControl({ controlId: 'c-3', message: 'expected ROOT' }),
      aControl({ controlId: 'c-4', profileName: 'root' }),
      aControl({ controlId: 'c-5', title: '50%_done \\ "a" \u{1F600}' }),
      aControl({ controlId: 'c-6', title: 'über Ж' }),
    ]);
    expect(await idsOf(id, '?text=rOoT')).toEqual(['SV-Root-1', 'c-2', 'c-3']);
    expect(await idsOf(id, `?text=${encodeURIComponent('0%_D')}`)).toEqual(['c-5']);
    expect(await idsOf(id, `?text=${encodeURIComponent('ÜBER ж')}`)).toEqual(['c-6']);
    expect(await idsOf(id, `?text=${encodeURIComponent('\\ "A" \u{1F600}')}`)).toEqual(['c-5']);
    for (const none of ['%', '_', '\\', 'r%t']) {
      const found = await idsOf(id, `?text=${encodeURIComponent(none)}`);
      expect(found).toEqual(none === 'r%t' ? [] : ['c-5']);
    }
    expect(await idsOf(id, `?text=root&status=failed`)).toEqual([]);
    expect(await idsOf(id, `?text=${encodeURIComponent("' OR 1=1 --")}`)).toEqual([]);
  });

  it('pages by Link, each once and in order, with the filter kept', async () => {
    const controls = Array.from({ length: 23 }, (_, i) =>
      // The same id twice is two controls: profiles that include each other have that.
      aControl({ controlId: `c-${i % 11}`, status: i % 2 ? 'failed' : 'passed', message: `m ${i}` }),
    );
    const id = await scanWith(controls);
    const seen: (string | null)[] = [];
    let sizes = '';
    let link: string | null = `/v1/scans/${id}/controls?limit=5&status=failed&text=M`;
    while (link !== null) {
      const page: Answer<ScanControlPageDto> = await api.ask<ScanControlPageDto>('GET', link);
      seen.push(...page.body.items.map((control) => control.message));
      sizes += page.body.items.length;
      link = /^<(.*)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1] ?? null;
      expect(link === null).toBe(page.body.next === null);
    }
    expect(seen).toEqual(controls.filter(({ status }) => status === 'failed').map(({ message }) => message));
    expect(sizes).toBe('551');
  });

  it('gives all in one page when they fit exactly, fifty if not asked', async () => {
    const id = await scanWith(Array.from({ length: 60 }, (_, i) => aControl({ controlId: `c-${i}` })));
    expect((await list(id, '?limit=60')).body.next).toBeNull();
    expect((await list(id)).body.items).toHaveLength(50);
  });

  it('answers 304 to the ETag of the same page only', async () => {
    const id = await scanWith([aControl(), aControl({ controlId: 'c-2', status: 'failed' })]);
    const etag = (await list(id)).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{32}"$/);
    const same = await list(id, '', { 'if-none-match': etag });
    expect([same.status, same.text, same.headers.get('etag')]).toEqual([304, '', etag]);
    expect((await list(id, '?status=failed', { 'if-none-match': etag })).status).toBe(200);
  });

  it("does not find another project's scan, nor what is no scan", async () => {
    const id = await scanWith([aControl()]);
    const { key } = await api.newKey(['scans:read'], 'elsewhere');
    const foreign = await api.ask('GET', `/v1/scans/${id}/controls`, { key });
    expect([foreign.status, foreign.body.code]).toEqual([404, 'NOT_FOUND']);
    for (const none of ['scan_00000000000000000000000000', 'x', '%00']) {
      expect((await api.ask('GET', `/v1/scans/${none}/controls`)).status).toBe(404);
    }
    const { key: writer } = await api.newKey(['scans:write']);
    expect((await api.ask('GET', `/v1/scans/${id}/controls`, { key: writer })).status).toBe(403);
    expect((await api.ask('GET', `/v1/scans/${id}/controls`, { key: null })).status).toBe(401);
  });

  it('is no empty list for a scan that has no results: nothing is known to have passed', async () => {
    const { id } = await api.submit();
    const { status, body } = await api.ask('GET', `/v1/scans/${id}/controls`);
    expect([status, body.code]).toEqual([404, 'NO_REPORT']);
    expect(body.detail).toContain('queued');
  });

  it.each([
    ['status=fine', 'status'],
    ['status=failed&status=fine', 'status'],
    ['severity=HIGH', 'severity'],
    ['text=a&text=b', 'text'],
    ['text=%00', 'text'],
    [`text=${'x'.repeat(201)}`, 'text'],
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['cursor=x', 'cursor'],
    [`cursor=${cursorOf('[1.5]')}`, 'cursor'],
    [`cursor=${cursorOf('[1e300]')}`, 'cursor'],
    [`cursor=${cursorOf('[-1]')}`, 'cursor'],
    [`cursor=${cursorOf('["1"]')}`, 'cursor'],
    ['page=2', 'page'],
  ])('refuses ?%s', async (query, parameter) => {
    const id = await scanWith([aControl()]);
    const { status, body } = await api.ask('GET', `/v1/scans/${id}/controls?${query}`);
    expect([status, body.errors?.map((fault) => fault.parameter)]).toEqual([422, [parameter]]);
  });
});

function cursorOf(json: string): string {
  return Buffer.from(json).toString('base64url');
}

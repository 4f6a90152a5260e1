import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ThresholdVerdictDto } from '../../../src/thresholds/evaluate-threshold.dto.js';
import { ApiServer } from './api-server.js';

/** A report of three controls: two passed, one of high impact failed. */
const REPORT = {
  platform: { name: 'debian', release: '12' },
  profiles: [
    {
      name: 'p',
      sha256: 'x',
      supports: [],
      attributes: [],
      groups: [],
      status: 'loaded',
      controls: [aControl('one', 0.5, 'passed'), aControl('two', 0.5, 'passed'), aControl('three', 0.7, 'failed')],
    },
  ],
  statistics: { duration: 1 },
  version: '5.24.24',
};

describe('POST /v1/thresholds/evaluate', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await ApiServer.start();
  });
  afterAll(() => api.stop());

  const evaluate = (body: unknown) => api.ask<ThresholdVerdictDto>('POST', '/v1/thresholds/evaluate', { body });

  it.each([
    ['objects', REPORT, { compliance: { min: 60 } }],
    ['texts', JSON.stringify(REPORT), 'compliance:\n  min: 60\n'],
    ['flat keys', REPORT, { 'compliance.min': 60, 'failed.high.max': 1 }],
  ])('passes a report that keeps its bounds, given as %s', async (_, report, threshold) => {
    const { status, body } = await evaluate({ report, threshold });
    expect([status, body.verdict, body.breaches]).toEqual([200, 'passed', []]);
    expect(body.summary).toMatchObject({ controls: 3, passed: { total: 2 }, failed: { total: 1, high: 1 } });
  });

  it('tells every bound that is not kept, with the controls behind it', async () => {
    const { body } = await evaluate({
      report: REPORT,
      threshold: { compliance: { min: 67 }, failed: { high: { max: 0 } } },
    });
    expect(body.verdict).toBe('failed');
    expect(body.breaches.map((breach) => breach.key).sort()).toEqual(['compliance.min', 'failed.high.max']);
    expect(body.breaches.find((breach) => breach.key === 'failed.high.max')).toMatchObject({
      expected: 0,
      actual: 1,
      controls: ['three'],
    });
  });

  it('in mode saf rounds as the SAF CLI does, which strict does not', async () => {
    const asked = { report: REPORT, threshold: { compliance: { min: 67 } } }; // two of three are 66.67 %
    expect((await evaluate({ ...asked, mode: 'saf' })).body.verdict).toBe('passed');
    expect((await evaluate({ ...asked, mode: 'strict' })).body.verdict).toBe('failed');
  });

  it('never passes a report in which nothing was tested', async () => {
    const report = { ...REPORT, profiles: [{ ...REPORT.profiles[0], controls: [] }] };
    expect((await evaluate({ report, threshold: { failed: { critical: { max: 0 } } } })).body.verdict).toBe('failed');
  });

  it.each([
    ['a report that is cut off', { report: JSON.stringify(REPORT).slice(0, -9) }, ['/report']],
    ['an empty report', { report: '' }, ['/report']],
    ['a report that is a number', { report: 7 }, ['/report']],
    ['a profile instead of a report', { report: { name: 'p', controls: [], generator: {} } }, ['/report']],
    ['a typo in the threshold', { threshold: { faled: { high: { max: 0 } } } }, ['/threshold/faled/high/max']],
    ['a typo in a threshold of text', { threshold: 'faled.high.max: 0' }, ['/threshold']],
    ['YAML that is none', { threshold: 'a: [' }, ['/threshold']],
    ['both', { report: 'x', threshold: {} }, ['/report', '/threshold']],
    ['a mode that does not exist', { mode: 'lenient' }, ['/mode']],
    ['an unknown field', { store: true }, ['/store']],
  ])('refuses %s with the reason', async (_, wrong, pointers) => {
    const { status, body } = await api.ask('POST', '/v1/thresholds/evaluate', {
      body: { report: REPORT, threshold: { compliance: { min: 1 } }, ...wrong },
    });
    expect(status).toBe(422);
    const told = (body.errors ?? []).map((fault) => fault.pointer ?? '');
    expect(told.length).toBeGreaterThan(0);
    for (const pointer of pointers)
      expect(told.some((one) => one.startsWith(pointer.split('/').slice(0, 3).join('/')))).toBe(true);
    expect(told.every((one) => pointers.some((pointer) => one.startsWith(`/${pointer.split('/')[1]}`)))).toBe(true);
  });

  it('answers other requests while it reads a large report', async () => {
    const controls = Array.from({ length: 10_000 }, (_, i) => aControl(`c-${i}`, 0.5, 'passed'));
    const report = JSON.stringify({ ...REPORT, profiles: [{ ...REPORT.profiles[0], controls }] });
    let answered = false;
    const large = evaluate({ report, threshold: { compliance: { min: 100 } } }).finally(() => (answered = true));
    let others = 0;
    while (!answered) {
      await api.ask('GET', '/livez', { key: null });
      others++;
    }
    expect((await large).body).toMatchObject({ verdict: 'passed', summary: { controls: 10_000 } });
    expect(others).toBeGreaterThan(5);
  });

  it.each([
    ['no JSON', '{"report":', 400, 'MALFORMED_JSON'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 400, 'MALFORMED_JSON'],
    ['nothing', '', 422, 'INVALID'],
    ['a list', '[]', 422, 'INVALID'],
    ['null', 'null', 422, 'INVALID'],
    ['what would take gigabytes to read', `{"report":[${'[],'.repeat(2_600_000)}0]}`, 422, 'INVALID'],
    ['a report nested too deep', `{"report":${'{"a":'.repeat(65)}0${'}'.repeat(65)}}`, 422, 'INVALID'],
  ])('refuses a body that is %s, in a thread', async (_, raw, status, code) => {
    const answer = await api.ask('POST', '/v1/thresholds/evaluate', {
      raw: raw as string,
      headers: { 'content-type': 'application/json' },
    });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('takes 1 MiB of other things beside a report', async () => {
    const mode = 'x'.repeat(1024 * 1024 - JSON.stringify({ mode: '' }).length);
    expect((await evaluate({ report: '', mode })).status).toBe(422);
    const { status, body } = await api.ask('POST', '/v1/thresholds/evaluate', {
      body: { report: '', mode: `${mode}x` },
    });
    expect([status, body.code, body.detail]).toEqual([
      413,
      'BODY_TOO_LARGE',
      'what stands beside the report has more than 1048576 bytes',
    ]);
  });

  it('stores nothing', async () => {
    await evaluate({ report: REPORT, threshold: { compliance: { min: 1 } } });
    expect([await api.prisma.scan.count(), await api.prisma.controlResult.count()]).toEqual([0, 0]);
  });
});

describe('a report at the edge of its limit', () => {
  const LIMIT = 64 * 1024;
  const BODY_LIMIT = LIMIT + 1024 * 1024;
  let api: ApiServer;
  beforeAll(async () => {
    api = await ApiServer.start({ SIDESCAN_REPORT_LIMIT_BYTES: String(LIMIT) });
  });
  afterAll(() => api.stop());

  const send = (raw: string) => api.ask('POST', '/v1/thresholds/evaluate', { raw });
  const threshold = { compliance: { min: 60 } };
  /** The report with as many bytes. */
  const sized = (bytes: number): string => JSON.stringify(REPORT).padEnd(bytes, ' ');

  it('is taken with the limit, and refused with a byte more', async () => {
    expect((await send(JSON.stringify({ report: sized(LIMIT), threshold }))).status).toBe(200);
    const { status, body } = await send(JSON.stringify({ report: sized(LIMIT + 1), threshold }));
    expect([status, body.code, body.detail]).toEqual([
      413,
      'BODY_TOO_LARGE',
      `the report has ${LIMIT + 1} bytes; the limit is ${LIMIT}`,
    ]);
  });

  it('may have a MiB of other things beside it in the body, and not a byte more', async () => {
    const body = JSON.stringify({ report: sized(LIMIT), threshold });
    expect((await send(body.padEnd(BODY_LIMIT, ' '))).status).toBe(200);
    const refused = await send(body.padEnd(BODY_LIMIT + 1, ' '));
    expect([refused.status, refused.body.code]).toEqual([413, 'BODY_TOO_LARGE']);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
  });
});

function aControl(id: string, impact: number, status: string) {
  const result = { status, code_desc: 'it', start_time: '2026-01-01T00:00:00Z' };
  return {
    id,
    title: id,
    impact,
    tags: {},
    results: [result],
    code: '',
    desc: '',
    descriptions: [],
    refs: [],
    source_location: {},
  };
}

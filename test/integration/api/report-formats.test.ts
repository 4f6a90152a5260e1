import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { parse as parseHtml } from 'parse5';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { EXPORT_FORMATS, type ExportName } from '../../../src/reports/export/export-formats.js';
import { ReportThreads } from '../../../src/reports/threads/report-threads.js';
import { ReportWork, SameThreadReports } from '../../../src/reports/threads/report-work.js';
import type { StoredReport } from '../../../src/scans/scan.js';
import { ADMIN_KEY } from '../../support/environment.js';
import { sampleReport } from '../../unit/results/samples.js';
import { ApiServer, type Answer } from './api-server.js';
import { anOutcome, finish, storeReport } from './outcomes.js';

const NAMES = Object.keys(EXPORT_FORMATS) as ExportName[];
const FILES: Record<ExportName, { type: string; file: string; disposition: string }> = {
  csv: { type: 'text/csv; charset=utf-8; header=present', file: 'csv', disposition: 'attachment' },
  junit: { type: 'application/xml; charset=utf-8', file: 'xml', disposition: 'attachment' },
  sarif: { type: 'application/sarif+json', file: 'sarif', disposition: 'attachment' },
  html: { type: 'text/html; charset=utf-8', file: 'html', disposition: 'inline' },
  markdown: { type: 'text/markdown; charset=utf-8', file: 'md', disposition: 'attachment' },
};

let api: ApiServer;
beforeAll(async () => {
  api = await ApiServer.start({ SIDESCAN_REPORT_LIMIT_BYTES: String(8 * 1024 * 1024) });
});
afterAll(() => api.stop());

async function scanOf(
  bytes: Buffer,
  given: Record<string, unknown> = {},
): Promise<{ id: string; report: StoredReport }> {
  const report = await storeReport(api, bytes);
  const { id } = await api.submit(given);
  await finish(api, id, anOutcome(1, 0, { report }));
  return { id, report };
}
function fileOf(report: StoredReport): string {
  const { store } = api.installation.config;
  if (store.kind !== 'folder') throw new Error('this test reads the folder');
  return join(store.dir, report.key);
}
const read = (id: string, query: string, headers: Record<string, string> = {}): Promise<Answer<unknown>> =>
  api.ask<unknown>('GET', `/v1/scans/${id}/report${query}`, { headers });

describe('GET /v1/scans/{id}/report?format=', () => {
  const bytes = sampleReport('live-mixed');
  const threshold = { 'failed.total.max': 0 };
  let id: string;
  beforeAll(async () => {
    ({ id } = await scanOf(bytes, { threshold }));
  });

  it.each(NAMES)('gives %s as a file of its own, with the verdict of the threshold', async (format) => {
    const answer = await read(id, `?format=${format}`);
    const finishedAt = new Date((await api.scan(id)).finishedAt ?? '');
    const scan = { id, target: 'registry.example/shop/web:1.0', finishedAt };
    const chunks = await new SameThreadReports().export(bytes, format, threshold, scan);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(Buffer.concat(chunks).toString());
    const { type, file, disposition } = FILES[format];
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': type,
      'content-length': String(Buffer.byteLength(answer.text)),
      'content-disposition': `${disposition}; filename="${id}.${file}"`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-cache',
      vary: 'Accept',
    });
    expect(answer.headers.get('etag')).toMatch(/^"[\w-]{32}"$/);
  });

  it('is what readers of these formats take', async () => {
    const rows = parse<Record<string, string>>((await read(id, '?format=csv')).text, { columns: true });
    const written = JSON.parse(bytes.toString()) as { profiles: { controls: { id: string }[] }[] };
    const ids = written.profiles.flatMap((profile) => profile.controls.map((control) => control.id));
    expect(rows.map((row) => row.control).sort()).toEqual(ids.sort());
    const sarif = (await read(id, '?format=sarif')).body as {
      version: string;
      runs: { properties: { verdict: string } }[];
    };
    expect([sarif.version, sarif.runs[0]?.properties.verdict]).toEqual(['2.1.0', 'failed']);
    const junit = (await read(id, '?format=junit')).text;
    expect(junit).toContain('<property name="verdict" value="failed"/>');
    expect(junit.match(/<testcase /g)).toHaveLength(ids.length);
    expect((await read(id, '?format=markdown')).text).toMatch(/failed/i);
    const faults: string[] = [];
    const page = (await read(id, '?format=html')).text;
    parseHtml(page, { onParseError: ({ code }) => faults.push(code) });
    expect(faults).toEqual([]);
    expect(page).toContain('<p class="verdict failed">');
  });

  it('gives a page the very policy that it declares', async () => {
    const { headers, text } = await read(id, '?format=html');
    const declared = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(text)?.[1] ?? '';
    const unescaped = declared.replaceAll('&#39;', "'").replaceAll('&amp;', '&');
    expect(headers.get('content-security-policy')).toBe(unescaped);
    expect(unescaped).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect([headers.get('x-frame-options'), headers.get('referrer-policy')]).toEqual(['DENY', 'no-referrer']);
  });

  it('has an ETag for each format, and answers 304 to that of the same format only', async () => {
    const etags = new Map<string, string>();
    for (const format of ['json', ...NAMES]) {
      etags.set(format, (await read(id, `?format=${format}`)).headers.get('etag') ?? '');
    }
    expect(new Set(etags.values()).size).toBe(6);
    for (const [format, etag] of etags) {
      const same = await read(id, `?format=${format}`, { 'if-none-match': `"x", W/${etag}` });
      expect([format, same.status, same.text, same.headers.get('etag')]).toEqual([format, 304, '', etag]);
      const other = [...etags].filter(([name]) => name !== format).map(([, value]) => value);
      expect((await read(id, `?format=${format}`, { 'if-none-match': other.join(', ') })).status).toBe(200);
    }
  });

  it('gives the bytes as they were written for json, and without a word about formats', async () => {
    for (const [query, headers] of [
      ['', {}],
      ['', { accept: '*/*' }],
      ['', { accept: '' }],
      ['?format=json', { accept: 'text/html' }],
    ] as const) {
      const answer = await read(id, query, headers);
      expect(answer.text).toBe(bytes.toString());
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(answer.headers.get('vary')).toBe('Accept');
    }
  });

  it.each(['xml', 'JSON', '', 'json&format=csv', '__proto__'])(
    'refuses ?format=%s and names those there are',
    async (format) => {
      const { status, body } = await api.ask('GET', `/v1/scans/${id}/report?format=${format}`);
      const detail = 'must be one of json, csv, junit, sarif, html, markdown, given once';
      expect([status, body.code, body.errors]).toEqual([422, 'INVALID', [{ parameter: 'format', detail }]]);
    },
  );

  it('refuses a parameter that it does not know', async () => {
    const { status, body } = await api.ask('GET', `/v1/scans/${id}/report?formt=csv`);
    expect([status, body.errors?.[0]?.parameter]).toEqual([422, 'formt']);
  });

  it('answers HEAD with the headers alone', async () => {
    const { status, text, headers } = await api.ask('HEAD', `/v1/scans/${id}/report?format=csv`);
    expect([status, text, headers.get('content-type')]).toEqual([200, '', FILES.csv.type]);
  });
});

describe('Accept', () => {
  let id: string;
  beforeAll(async () => {
    ({ id } = await scanOf(sampleReport('live-allpass')));
  });

  it.each([
    ['application/json', 'application/json; charset=utf-8'],
    ['text/csv', FILES.csv.type],
    ['application/xml', FILES.junit.type],
    ['application/junit+xml', 'application/junit+xml; charset=utf-8'],
    ['application/sarif+json', FILES.sarif.type],
    ['text/html', FILES.html.type],
    ['text/markdown', FILES.markdown.type],
    ['Text/HTML; charset=utf-8', FILES.html.type],
    ['text/csv;q=0.5, text/markdown;q=0.7', FILES.markdown.type],
    ['text/markdown, text/csv', FILES.markdown.type],
    ['*/*, text/csv', FILES.csv.type],
    ['application/json, text/plain, */*', 'application/json; charset=utf-8'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', FILES.html.type],
    ['text/*, text/csv;q=0', FILES.html.type],
    ['*/*, application/json;q=0.1', FILES.csv.type],
    ['application/*', 'application/json; charset=utf-8'],
    ['application/pdf, */*;q=0.1', 'application/json; charset=utf-8'],
    ['image/gif, *; q=.2, text/csv; q=.1', FILES.csv.type],
    ['text/html;q=2, nonsense, text/csv;q=0.1', FILES.csv.type],
  ])('%s is answered %s', async (accept, type) => {
    const { status, headers } = await read(id, '', { accept });
    expect([status, headers.get('content-type')]).toEqual([200, type]);
  });

  it.each(['application/pdf', 'image/*', 'text/csv;q=0', '*/*;q=0', 'nonsense', '*/html'])(
    '%s is refused with what there is',
    async (accept) => {
      const { status, body, headers } = await api.ask('GET', `/v1/scans/${id}/report`, { headers: { accept } });
      expect([status, body.code, headers.get('vary')]).toEqual([406, 'NOT_ACCEPTABLE', 'Accept']);
      for (const type of ['application/json', 'text/csv', 'application/sarif+json', 'text/html', 'text/markdown']) {
        expect(body.detail).toContain(type);
      }
    },
  );

  it('has ETags that tell the two media types of JUnit apart', async () => {
    const [xml, junit] = await Promise.all(
      ['application/xml', 'application/junit+xml'].map((accept) => read(id, '', { accept })),
    );
    expect(xml?.text).toBe(junit?.text);
    expect(xml?.headers.get('etag')).not.toBe(junit?.headers.get('etag'));
  });
});

describe('a report that cannot be converted', () => {
  it.each(NAMES)('is no %s for a scan without one, nor for another project', async (format) => {
    const { id } = await api.submit();
    expect((await read(id, `?format=${format}`)).body).toMatchObject({ status: 404, code: 'NO_REPORT' });
    const { id: own } = await scanOf(sampleReport('live-allpass'));
    const { key } = await api.newKey(['scans:read'], 'strangers');
    const { status, body } = await api.ask('GET', `/v1/scans/${own}/report?format=${format}`, { key });
    expect([status, body.code]).toEqual([404, 'NOT_FOUND']);
  });

  it('can be had as json only, and says why', async () => {
    const { id } = await scanOf(Buffer.from('{"profiles":[{"name":"p","controls":3}]}'));
    const { status, body } = await api.ask('GET', `/v1/scans/${id}/report?format=csv`);
    expect([status, body.code]).toEqual([406, 'NOT_ACCEPTABLE']);
    expect(body.detail).toContain('profiles[0].controls');
    expect((await read(id, '')).status).toBe(200);
  });

  it('is refused above the limit of the configuration, unread', async () => {
    const { id, report } = await scanOf(Buffer.alloc(8 * 1024 * 1024 + 1, ' '));
    await rm(fileOf(report));
    const { status, body } = await api.ask('GET', `/v1/scans/${id}/report?format=html`);
    expect([status, body.code]).toEqual([406, 'NOT_ACCEPTABLE']);
    expect(body.detail).toContain('reports of up to 8388608 are converted');
  });

  it('is never made of another report than the one recorded, and no refusal is to be kept', async () => {
    for (const format of ['json', 'html']) {
      const bytes = Buffer.from(sampleReport('live-mixed').toString().replace('"statistics"', `"${format}"`));
      const { id, report } = await scanOf(bytes);
      await rm(fileOf(report));
      const lost = await read(id, `?format=${format}`);
      expect([lost.status, lost.headers.get('cache-control'), lost.headers.get('etag')]).toEqual([500, null, null]);
    }
    const { id, report } = await scanOf(
      Buffer.from(sampleReport('live-mixed').toString().replace('"platform"', '"p"')),
    );
    const better = sampleReport('live-mixed').toString().replaceAll('"failed"', '"passed"');
    await writeFile(fileOf(report), gzipSync(better.slice(0, report.bytes).padEnd(report.bytes)));
    expect((await read(id, '?format=markdown')).body).toMatchObject({ status: 500, code: 'INTERNAL' });
  });
});

describe('many conversions at once', () => {
  let id: string;
  beforeAll(async () => {
    ({ id } = await scanOf(sampleReport('real-rhel-7-output')));
  });

  it('are made one after the other, off the main thread, and come to the same', async () => {
    expect(api.app.get<ReportWork>(ReportWork)).toBeInstanceOf(ReportThreads);
    const answers = await Promise.all(Array.from({ length: 20 }, () => read(id, '?format=html')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ headers }) => headers.get('etag'))).size).toBe(1);
  });

  it('are refused beyond what may wait, and those whose callers have gone are not made', async () => {
    const made = vi.spyOn(api.app.get<ReportWork>(ReportWork), 'export');
    const leave = new AbortController();
    const url = `${api.url}/v1/scans/${id}/report?format=html`;
    const request = { headers: { authorization: `Bearer ${ADMIN_KEY}` }, signal: leave.signal };
    const all = Array.from({ length: 150 }, async () => {
      const { status, headers } = await fetch(url, request);
      if (status === 200) throw new Error('answered');
      return [status, headers.get('retry-after')];
    });
    expect(await Promise.any(all)).toEqual([503, '5']);
    leave.abort();
    await Promise.allSettled(all);
    // As soon as the API has heard that they have gone.
    await expect.poll(async () => (await read(id, '?format=html')).status, { timeout: 20_000 }).toBe(200);
    expect(made.mock.calls.length).toBeLessThan(50);
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { scanFailure } from '../../../src/domain/errors.js';
import { newId } from '../../../src/domain/ids.js';
import { JobQueue } from '../../../src/ports/job-queue.js';
import type { ScanDto, ScanPageDto } from '../../../src/scans/scan.dto.js';
import { ScanHistoryRepository } from '../../../src/scans/scan-history.repository.js';
import type { Evidence } from '../../../src/scans/scan.js';
import { eventually } from '../../support/eventually.js';
import { anEvidence } from '../../support/factories.js';
import { ApiServer, aSubmission } from './api-server.js';
import { anOutcome, finish } from './outcomes.js';

describe('following a scan', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await ApiServer.start();
  });
  afterAll(() => api.stop());

  const get = (id: string, query = '', headers: Record<string, string> = {}) =>
    api.ask<ScanDto>('GET', `/v1/scans/${id}${query}`, { headers });

  it('answers at once without wait, and when the time is up with it', async () => {
    const { id } = await api.submit();
    expect((await get(id)).body.state).toBe('queued');
    const start = Date.now();
    expect((await get(id, '?wait=1')).body.state).toBe('queued');
    expect(Date.now() - start).toBeGreaterThanOrEqual(950);
  });

  it('answers every waiter as soon as the scan has ended, and not before', async () => {
    const { id } = await api.submit();
    const waiting = Array.from({ length: 20 }, () => get(id, '?wait=30'));
    const start = Date.now();
    await sleep(300);
    await finish(api, id, anOutcome(3, 1, { verdict: 'failed' }));
    const answers = await Promise.all(waiting);
    expect(Date.now() - start).toBeLessThan(5_000);
    for (const { body } of answers)
      expect(body).toMatchObject({ state: 'completed', verdict: 'failed', summary: { compliance: 75 } });
  });

  it.each([
    ['?wait=30', {}, undefined],
    ['', { prefer: 'wait=30' }, 'wait=30'],
    ['', { prefer: 'respond-async, wait=90' }, 'wait=60'],
  ])('submits and waits: %s %j', async (query, headers, applied) => {
    const labels = { case: newId('scan') };
    const submitted = api.ask<ScanDto>('POST', `/v1/scans${query}`, { body: { ...aSubmission(), labels }, headers });
    let id = '';
    await eventually('the scan is stored', async () => {
      const { body } = await api.ask<ScanPageDto>('GET', `/v1/scans?label=case=${labels.case}`);
      id = body.items[0]?.id ?? '';
      return id !== '';
    });
    await finish(api, id, anOutcome(3, 1));
    const { status, body, headers: answered } = await submitted;
    expect([status, body.id, body.state]).toEqual([202, id, 'completed']);
    expect(answered.get('preference-applied') ?? undefined).toBe(applied);
    expect(answered.get('retry-after')).toBeNull();
  });

  it('answers a submission as it is when the time is up', async () => {
    const { status, body } = await api.ask<ScanDto>('POST', '/v1/scans?wait=1', { body: aSubmission() });
    expect([status, body.state]).toEqual([202, 'queued']);
    expect((await api.ask('POST', '/v1/scans?wait=61', { body: aSubmission() })).status).toBe(422);
    expect((await api.ask('POST', '/v1/scans?waiting=1', { body: aSubmission() })).status).toBe(422);
  });

  it('does not poll: a waiter makes no query while nothing happens', async () => {
    const { id } = await api.submit();
    const reads = vi.spyOn(api.app.get(ScanHistoryRepository), 'find');
    expect((await get(id, '?wait=2')).body.state).toBe('queued');
    expect(reads.mock.calls.length).toBeLessThanOrEqual(3); // at the start, when its connection first listens, and at the end
  });

  it('hears of changes again after its connection was cut', async () => {
    const { id } = await api.submit();
    const waiting = get(id, '?wait=30');
    await sleep(300);
    await cutListeners();
    await finish(api, id, anOutcome(1, 0));
    const start = Date.now();
    expect((await waiting).body.state).toBe('completed');
    expect(Date.now() - start).toBeLessThan(5_000);
  });

  it('with an ETag that still holds answers 304, and while waiting at the first change', async () => {
    const { id } = await api.submit();
    const first = await get(id);
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]+"$/);
    const same = await get(id, '', { 'if-none-match': `"other", ${etag}` });
    expect([same.status, same.text]).toEqual([304, '']);
    const waiting = get(id, '?wait=30', { 'if-none-match': etag });
    await sleep(200);
    await api.scans.claim(id, 1, 'pod', 1000);
    const changed = await waiting;
    expect([changed.status, changed.body.state]).toEqual([200, 'starting']);
    expect(changed.headers.get('etag')).not.toBe(etag);
    expect((await get(id, '?wait=1', { 'if-none-match': changed.headers.get('etag') ?? '' })).status).toBe(304);
    await api.scans.fail(id, 1, scanFailure('TIMEOUT', 'x'), null);
  });

  it.each(['-1', '61', '1.5', 'x', ''])('refuses wait=%s', async (wait) => {
    const { status, text } = await get(newId('scan'), `?wait=${wait}`);
    expect(status).toBe(422);
    expect(text).toContain('"parameter":"wait"');
  });

  it.each(['scan_x', 'nope', `tgt_${'0'.repeat(26)}`, '%00', 'scan_%00'])('there is no scan %s', async (id) => {
    expect((await get(id, '?wait=5')).status).toBe(404);
  });

  it('shows why a scan failed, with its evidence', async () => {
    const { id } = await api.submit();
    expect((await api.ask('GET', `/v1/scans/${id}/evidence`)).status).toBe(404);
    await api.scans.claim(id, 1, 'pod', 1000);
    const evidence = anEvidence({ logs: { scanner: 'it ended here' } });
    await api.scans.fail(id, 1, scanFailure('IMAGE_NOT_FOUND', 'no such image: x'), evidence);
    const { body } = await get(id);
    expect(body).toMatchObject({
      state: 'failed',
      verdict: 'none',
      failure: { code: 'IMAGE_NOT_FOUND', message: 'no such image: x', retryable: false },
      links: { evidence: `/v1/scans/${id}/evidence`, report: null },
    });
    expect((await api.ask<Evidence>('GET', body.links.evidence ?? '')).body).toEqual(evidence);
  });

  it('a shutdown lets waiters go at once instead of lasting as long as they wait', async () => {
    const { id } = await api.submit();
    const waiting = get(id, '?wait=60');
    await sleep(300);
    const start = Date.now();
    await api.app.close();
    expect(Date.now() - start).toBeLessThan(5_000);
    expect((await waiting).body.state).toBe('queued');
    await api.launch();
  });

  async function cutListeners(): Promise<void> {
    await query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%' AND datname = current_database()",
    );
  }

  async function query<T extends object>(sql: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: api.installation.config.databaseUrl });
    await client.connect();
    try {
      return (await client.query<T>(sql)).rows;
    } finally {
      await client.end();
    }
  }
});

describe('DELETE /v1/scans/{id}', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await ApiServer.start();
  });
  afterAll(() => api.stop());

  const cancel = (id: string) => api.ask<ScanDto>('DELETE', `/v1/scans/${id}`);

  it('cancels a queued scan and takes its job out of the queue', async () => {
    const queue = api.app.get(JobQueue);
    const { id } = await api.submit();
    expect(await queue.has('scan.run', { scanId: id, attempt: 1 })).toBe(true);
    const { status, body } = await cancel(id);
    expect([status, body.state]).toEqual([200, 'canceled']);
    expect(body.finishedAt).not.toBeNull();
    expect(await queue.has('scan.run', { scanId: id, attempt: 1 })).toBe(false);
    expect(await queue.has('scan.clean', { scanId: id, attempt: 1 })).toBe(false); // it never had a pod
  });

  it.each(['starting', 'scanning', 'collecting'] as const)(
    'cancels a scan that is %s and has its pod removed',
    async (state) => {
      const { id } = await api.submit();
      await api.scans.claim(id, 1, 'pod', 1000);
      if (state !== 'starting') await api.scans.move(id, 1, state);
      const { status, body } = await cancel(id);
      expect([status, body.state, body.verdict]).toEqual([200, 'canceled', 'none']);
      expect(await api.app.get(JobQueue).has('scan.clean', { scanId: id, attempt: 1 })).toBe(true);
      expect(await api.scans.complete(id, 1, anOutcome(1, 0))).toBe(false);
      expect(await cancel(id)).toMatchObject({ status: 200, body });
    },
  );

  it.each(['completed', 'failed'] as const)('does not cancel a scan that is %s', async (state) => {
    const { id } = await api.submit();
    if (state === 'completed') await finish(api, id, anOutcome(1, 0));
    else await api.scans.fail(id, 1, scanFailure('TIMEOUT', 'x'), null);
    const answer = await api.ask('DELETE', `/v1/scans/${id}`);
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'CONFLICT', detail: expect.stringContaining(state) as string });
    expect((await api.scan(id)).state).toBe(state);
  });

  it('many cancels at once are one', async () => {
    const { id } = await api.submit();
    const answers = await Promise.all(Array.from({ length: 8 }, () => cancel(id)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(200));
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
  });

  it('wakes whoever waits for the scan', async () => {
    const { id } = await api.submit();
    const waiting = api.ask<ScanDto>('GET', `/v1/scans/${id}?wait=30`);
    await sleep(200);
    await cancel(id);
    await eventually('the waiter is answered', async () => (await waiting).body.state === 'canceled', 5);
  });
});

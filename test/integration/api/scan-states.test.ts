import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { scanFailure } from '../../../src/domain/errors.js';
import { newId } from '../../../src/domain/ids.js';
import { SCAN_STATES, type ScanState } from '../../../src/domain/scan-state.js';
import { PrismaService } from '../../../src/platform/database/prisma.service.js';
import { DEFAULT_PROJECT_ID } from '../../../src/auth/keys.repository.js';
import { ScanHistoryRepository } from '../../../src/scans/scan-history.repository.js';
import { ScansRepository } from '../../../src/scans/scans.repository.js';
import type { Scan } from '../../../src/scans/scan.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { anEvidence, anImageTarget } from '../../support/factories.js';
import { aControl, anOutcome } from './outcomes.js';

describe('the states of a scan', () => {
  let database: TestDatabase;
  let prisma: PrismaService;
  let scans: ScansRepository;
  let history: ScanHistoryRepository;

  beforeAll(async () => {
    database = await createDatabase();
    prisma = new PrismaService(database.url, 24);
    scans = new ScansRepository(prisma);
    history = new ScanHistoryRepository(prisma);
  });
  afterAll(async () => {
    await prisma.$disconnect();
    await database.drop();
  });
  beforeEach(async () => {
    await prisma.scan.deleteMany();
  });

  async function queued(image = 'registry.example/web:1'): Promise<Scan> {
    return history.create({
      id: newId('scan'),
      inputs: {},
      sensitiveInputs: [],
      sealedInputs: null,
      waivers: {},
      projectId: DEFAULT_PROJECT_ID,
      identity: `image:${image}`,
      target: anImageTarget({ image }),
      profile: { name: 'container-baseline', version: null, configMap: null, digest: null },
      threshold: null,
      thresholdName: null,
      labels: {},
      timeoutSeconds: 60,
      securityMode: 'general',
      allowTargetCommands: [],
    });
  }

  /** A scan in that state, reached the way a worker gets there. */
  async function scanIn(state: ScanState): Promise<Scan> {
    const { id, projectId } = await queued();
    if (state === 'queued') return (await scans.find(id))!;
    await scans.claim(id, 1, `pod-${id}`, 1000);
    if (state === 'failed') await scans.fail(id, 1, scanFailure('TIMEOUT', 'late'), null);
    if (state === 'canceled') await history.cancel(projectId, id);
    if (['scanning', 'collecting', 'completed'].includes(state)) await scans.move(id, 1, 'scanning');
    if (['collecting', 'completed'].includes(state)) await scans.move(id, 1, 'collecting');
    if (state === 'completed') await scans.complete(id, 1, anOutcome(1, 0));
    const scan = (await scans.find(id))!;
    expect(scan.state).toBe(state);
    return scan;
  }

  it('lets exactly one of three racing claims win, and the others adopt', async () => {
    for (let round = 0; round < 10; round++) {
      const { id } = await queued();
      const claims = await Promise.all([1, 2, 3].map(() => scans.claim(id, 1, `pod-${id}`, 1000)));
      expect(claims.sort()).toEqual(['claimed', 'mine', 'mine']);
    }
  });

  it('never exceeds the cap when twenty claims come at once', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await queued()).id));
    const claims = await Promise.all(ids.map((id) => scans.claim(id, 1, `pod-${id}`, 5)));
    expect(claims.filter((claim) => claim === 'claimed')).toHaveLength(5);
    expect(claims.filter((claim) => claim === 'full')).toHaveLength(15);
    expect(await scans.podsNotGone()).toHaveLength(5);
  });

  it('counts a pod against the cap until it is known to be gone, whatever became of its scan', async () => {
    const [first, second] = [await queued(), await queued()];
    expect(await scans.claim(first.id, 1, 'pod-1', 1)).toBe('claimed');
    await scans.fail(first.id, 1, scanFailure('TIMEOUT', 'late'), null);
    expect(await scans.claim(second.id, 1, 'pod-2', 1)).toBe('full');
    await scans.podGone(first.id, 2); // another attempt's pod says nothing about this one
    expect(await scans.claim(second.id, 1, 'pod-2', 1)).toBe('full');
    await scans.podGone(first.id, 1);
    expect(await scans.claim(second.id, 1, 'pod-2', 1)).toBe('claimed');
  });

  it.each(SCAN_STATES.filter((state) => state !== 'queued'))(
    'a claim of a scan that is %s starts nothing',
    async (state) => {
      const { id } = await scanIn(state);
      const underWay = ['starting', 'scanning', 'collecting'].includes(state);
      expect(await scans.claim(id, 1, 'pod', 1000)).toBe(underWay ? 'mine' : 'lost');
      expect((await scans.find(id))?.state).toBe(state);
    },
  );

  it('a writer of another attempt changes nothing', async () => {
    const { id } = await scanIn('scanning');
    const before = await prisma.scan.findUnique({ where: { id } });
    expect(await scans.claim(id, 2, 'pod', 1000)).toBe('lost');
    expect(await scans.move(id, 2, 'collecting')).toBe(false);
    expect(await scans.fail(id, 2, scanFailure('TIMEOUT', 'x'), null)).toBe(false);
    expect(await scans.complete(id, 0, anOutcome(1, 0))).toBe(false);
    await scans.keepEvidence(id, 2, anEvidence());
    await scans.recordProfile(id, 2, { name: 'x', version: 'x', digest: 'x' });
    expect(await prisma.scan.findUnique({ where: { id } })).toEqual(before);
  });

  it.each(['completed', 'failed', 'canceled'] as const)('nothing moves a scan that is %s', async (state) => {
    const { id, projectId } = await scanIn(state);
    const before = await prisma.scan.findUnique({ where: { id } });
    expect(await scans.move(id, 1, 'scanning')).toBe(false);
    expect(await scans.move(id, 1, 'collecting')).toBe(false);
    expect(await scans.fail(id, 1, scanFailure('TIMEOUT', 'x'), anEvidence())).toBe(false);
    expect(await scans.complete(id, 1, anOutcome(9, 9))).toBe(false);
    expect(await history.cancel(projectId, id)).toBe(false);
    await scans.recordProfile(id, 1, { name: 'x', version: 'x', digest: 'x' });
    expect(await prisma.scan.findUnique({ where: { id } })).toEqual(before);
  });

  it('a move that was made already is true again; a move back is not made', async () => {
    const { id } = await scanIn('collecting');
    expect(await scans.move(id, 1, 'collecting')).toBe(true);
    expect(await scans.move(id, 1, 'scanning')).toBe(false);
    expect((await scans.find(id))?.state).toBe('collecting');
  });

  it('cancel, complete and fail at once: exactly one of them ends the scan', async () => {
    for (let round = 0; round < 10; round++) {
      const { id, projectId } = await scanIn('collecting');
      const ends = await Promise.all([
        history.cancel(projectId, id),
        scans.complete(id, 1, anOutcome(3, 1)),
        scans.fail(id, 1, scanFailure('TIMEOUT', 'late'), null),
      ]);
      expect(ends.filter(Boolean)).toHaveLength(1);
      const rows = await prisma.latestResult.count({ where: { scanId: id } });
      expect(rows).toBe(ends[1] ? 1 : 0);
    }
  });

  it('completes with controls in order and the latest result, whatever bytes the report had', async () => {
    const { id } = await scanIn('collecting');
    const controls = Array.from({ length: 12_000 }, (_, i) =>
      aControl({ controlId: `c-${i}`, message: i === 7 ? 'a\0b\ud800c' : null }),
    );
    expect(await scans.complete(id, 1, anOutcome(11_999, 1, { controls, verdict: 'failed' }))).toBe(true);
    const rows = await prisma.controlResult.findMany({ where: { scanId: id }, orderBy: { position: 'asc' } });
    expect(rows.map((row) => row.controlId)).toEqual(controls.map((control) => control.controlId));
    expect(rows[7]?.message).toBe('a\ufffdb\ufffdc');
    const scan = (await scans.find(id))!;
    expect(scan).toMatchObject({ state: 'completed', verdict: 'failed', profile: { version: '1.0.0' } });
    expect(scan.finishedAt).toBeInstanceOf(Date);
    const latest = await prisma.latestResult.findFirstOrThrow({ where: { scanId: id } });
    expect(latest).toMatchObject({ passed: 11_999, failed: 1, verdict: 'failed', createdAt: scan.createdAt });
  });

  it('a late completion never takes the latest result back in time', async () => {
    const older = await scanIn('collecting');
    await new Promise((resolve) => setTimeout(resolve, 5));
    const newer = await scanIn('collecting');
    expect(await scans.complete(newer.id, 1, anOutcome(5, 0))).toBe(true);
    expect(await scans.complete(older.id, 1, anOutcome(0, 5))).toBe(true);
    const latest = await prisma.latestResult.findMany({ where: { targetId: newer.targetId } });
    expect(latest).toMatchObject([{ scanId: newer.id, passed: 5, failed: 0 }]);
  });

  it('two completions of one target at once leave the newer one, in every order', async () => {
    for (let round = 0; round < 10; round++) {
      const older = await scanIn('collecting');
      await new Promise((resolve) => setTimeout(resolve, 3));
      const newer = await scanIn('collecting');
      await Promise.all([scans.complete(newer.id, 1, anOutcome(5, 0)), scans.complete(older.id, 1, anOutcome(0, 5))]);
      const latest = await prisma.latestResult.findFirstOrThrow({ where: { targetId: newer.targetId } });
      expect(latest.scanId).toBe(newer.id);
    }
  });

  it('a completion that cannot write all of it writes nothing', async () => {
    const { id } = await scanIn('collecting');
    const broken = aControl({ impact: 'much' as unknown as number });
    await expect(scans.complete(id, 1, anOutcome(1, 0, { controls: [aControl(), broken] }))).rejects.toThrow();
    expect((await scans.find(id))?.state).toBe('collecting');
    expect(await prisma.controlResult.count({ where: { scanId: id } })).toBe(0);
  });

  it('keeps the evidence of a failure and of a canceled scan, with any bytes in it', async () => {
    const failed = await scanIn('scanning');
    const evidence = anEvidence({ logs: { scanner: 'end\0of \udc00 log' } });
    expect(await scans.fail(failed.id, 1, scanFailure('SCANNER_FAILED', 'no\0'), evidence)).toBe(true);
    expect(await history.evidence(failed.projectId, failed.id)).toMatchObject({
      logs: { scanner: 'end\ufffdof \ufffd log' },
    });
    expect((await scans.find(failed.id))?.failure).toEqual({
      code: 'SCANNER_FAILED',
      message: 'no\ufffd',
      retryable: false,
    });
    const canceled = await scanIn('canceled');
    await scans.keepEvidence(canceled.id, 1, anEvidence());
    expect(await history.evidence(canceled.projectId, canceled.id)).toEqual(anEvidence());
    expect((await scans.find(canceled.id))?.state).toBe('canceled');
  });

  it('lists what is under way, whose turn it is, and whose pods may exist', async () => {
    const made = [];
    for (const state of SCAN_STATES) made.push(await scanIn(state));
    const open = made.filter((scan) => ['queued', 'starting', 'scanning', 'collecting'].includes(scan.state));
    const begun = open.filter((scan) => scan.state !== 'queued');
    expect((await scans.underWay()).map((scan) => scan.id)).toEqual(begun.map((scan) => scan.id));
    expect(await scans.nextInTurn(1_000)).toEqual([{ id: open[0]?.id, attempt: 1 }]);
    const launched = made.filter((scan) => scan.state !== 'queued');
    expect((await scans.podsNotGone()).map((scan) => scan.id).sort()).toEqual(launched.map((scan) => scan.id).sort());
  });

  it.each([
    ['a state that does not exist', { state: 'done' }],
    ['a verdict before the end', { verdict: 'passed' }],
    ['completed without a report', { state: 'completed', finishedAt: new Date() }],
    ['failed without a failure', { state: 'failed', finishedAt: new Date() }],
    ['an end without a time', { state: 'canceled' }],
    ['a time of the end without an end', { finishedAt: new Date() }],
  ])('the database itself refuses %s', async (_, data) => {
    const { id } = await queued();
    await expect(prisma.scan.update({ where: { id }, data })).rejects.toThrow(/_check/);
  });

  it('answers null for a scan that does not exist', async () => {
    expect(await scans.find(newId('scan'))).toBeNull();
    expect(await scans.claim(newId('scan'), 1, 'pod', 10)).toBe('lost');
  });
});

import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { canMove, isTerminal, type ScanState } from '../../../src/domain/scan-state.js';
import type { MemoryPodRuntime } from '../../../src/platform/memory/memory-pod-runtime.js';
import type { Scan } from '../../../src/scans/scan.js';
import { storedReport } from '../../support/stored-report.js';
import type { Scene } from './scene.js';

/** What a scan was given, and so how it may end. */
export interface Expected {
  id: string;
  report: Buffer;
  ends: 'completed' | 'failed';
  /** It may end otherwise: somebody cancels it. */
  canceled: boolean;
  /** How often its pod was taken away from outside. */
  taken: number;
}

interface Move {
  scan_id: string;
  from_state: ScanState;
  to_state: ScanState;
  attempt: number;
}

/** Keeps every change of a scan's state in a table, so that nobody can end a scan twice unseen. */
export async function recordMoves({ prisma }: Scene): Promise<void> {
  await prisma.$executeRawUnsafe(
    'CREATE TABLE moves (at serial, scan_id text, from_state text, to_state text, attempt int)',
  );
  await prisma.$executeRawUnsafe(`CREATE FUNCTION record_move() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO moves (scan_id, from_state, to_state, attempt) VALUES (NEW.id, OLD.state, NEW.state, NEW.attempt); RETURN NULL; END $$`);
  await prisma.$executeRawUnsafe(
    'CREATE TRIGGER record_move AFTER UPDATE OF state ON scans FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION record_move()',
  );
}

/** Holds the invariants of docs/architecture.md against what is in Postgres, store, queue and engine when all scans have ended. */
export async function prove(scene: Scene, pods: MemoryPodRuntime, given: readonly Expected[], cap: number) {
  expect(pods.highWater, 'the cap').toBeLessThanOrEqual(cap);
  expect(await pods.list(), 'pods').toEqual([]);
  const rows = await scene.prisma.scan.findMany({
    select: { id: true, sensitiveInputs: true, podName: true, podGoneAt: true },
  });
  expect(
    rows.filter((row) => row.sensitiveInputs !== null),
    'secrets that are still stored',
  ).toEqual([]);
  expect(
    rows.filter((row) => row.podName !== null && row.podGoneAt === null),
    'places that stay taken',
  ).toEqual([]);
  const moves = await scene.prisma.$queryRaw<
    Move[]
  >`SELECT scan_id, from_state, to_state, attempt FROM moves ORDER BY at`;
  for (const one of given) {
    const scan = await scene.read(one.id);
    oneEnd(
      scan,
      moves.filter((move) => move.scan_id === one.id),
    );
    asExpected(scan, one);
    if (scan.state === 'completed') await proveReport(scene, scan, one.report);
    else expect(await scene.prisma.controlResult.count({ where: { scanId: scan.id } })).toBe(0);
    expect(await scene.queue.has('scan.run', { scanId: scan.id, attempt: scan.attempt }), 'a job is left').toBe(false);
  }
  await proveLatest(scene, given);
}

function oneEnd({ id, state, attempt }: Scan, moves: readonly Move[]): void {
  const ends = moves.filter((move) => isTerminal(move.to_state));
  expect
    .soft(
      ends.map((move) => move.to_state),
      `ends of ${id}`,
    )
    .toEqual([state]);
  // Back to the queue goes only a scan that lost its pod, as its next attempt.
  const retries = moves.filter((move) => move.to_state === 'queued').length;
  expect.soft(attempt, `attempts of ${id}`).toBe(1 + retries);
  const wrong = moves.filter((move) => move.to_state !== 'queued' && !canMove(move.from_state, move.to_state));
  expect.soft(wrong, `moves of ${id}`).toEqual([]);
}

function asExpected({ id, state, verdict, failure, report }: Scan, { ends, canceled, taken }: Expected): void {
  const allowed: string[] = [ends];
  if (canceled) allowed.push('canceled');
  if (taken > 1) allowed.push('failed');
  expect.soft(allowed, `${id} is ${state}: ${JSON.stringify(failure)}`).toContain(state);
  if (state === 'failed' && ends === 'completed') expect.soft(failure?.code, id).toBe('POD_LOST');
  expect.soft(verdict, id).toBe(state === 'completed' ? 'passed' : 'none');
  expect.soft(report === null, id).toBe(state !== 'completed');
}

async function proveReport(scene: Scene, { id, report, summary }: Scan, expected: Buffer): Promise<void> {
  if (!report) throw new Error(`${id} is completed and has no report`);
  expect.soft(report.sha256, id).toBe(createHash('sha256').update(expected).digest('hex'));
  const stored = await storedReport((key) => scene.store.get(key, 10_000_000), report);
  expect.soft(stored.equals(expected), `the report of ${id}`).toBe(true);
  const { profiles } = JSON.parse(stored.toString()) as { profiles: { controls: { id: string }[] }[] };
  const controls = await scene.prisma.controlResult.findMany({ where: { scanId: id }, orderBy: { position: 'asc' } });
  const ids = profiles.flatMap((profile) => profile.controls.map((control) => control.id));
  expect
    .soft(
      controls.map((control) => control.controlId),
      `controls of ${id}`,
    )
    .toEqual(ids);
  const failed = controls.filter((control) => control.status === 'failed').length;
  expect.soft(summary?.failed.total, id).toBe(failed);
}

/** Of each target the scan that was submitted last of those that completed, in whatever order they ended. */
async function proveLatest(scene: Scene, given: readonly Expected[]): Promise<void> {
  const scans = await Promise.all(given.map(({ id }) => scene.read(id)));
  const last = new Map<string, Scan>();
  for (const scan of scans.filter((one) => one.state === 'completed')) {
    const known = last.get(scan.targetId);
    if (!known || known.createdAt < scan.createdAt) last.set(scan.targetId, scan);
  }
  const latest = await scene.prisma.latestResult.findMany({ select: { targetId: true, scanId: true } });
  expect(new Map(latest.map((row) => [row.targetId, row.scanId])), 'latest results').toEqual(
    new Map([...last].map(([target, scan]) => [target, scan.id])),
  );
}

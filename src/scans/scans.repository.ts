import { Injectable } from '@nestjs/common';
import type { ScanFailure } from '../domain/errors.js';
import { statesBefore, type ScanState, type Verdict } from '../domain/scan-state.js';
import { PrismaService, databaseTime } from '../platform/database/prisma.service.js';
import { storableJson, storableOrNull } from '../platform/database/storable.js';
import type { Summary } from '../results/summary.js';
import type { Breach } from '../thresholds/judge.js';
import { writeControls, writeLatest, type ControlRow } from './scan-results.js';
import { scanFromRow, WITHOUT_EVIDENCE } from './scan-row.js';
import type { Coverage, Evidence, Scan, StoredReport } from './scan.js';

/** Advisory lock around counting the pods in flight and taking one more, over all workers. */
const POD_SLOTS_LOCK = 7_365_001;

const IN_A_POD: readonly ScanState[] = ['starting', 'scanning', 'collecting'];
const UNFINISHED: readonly ScanState[] = ['queued', ...IN_A_POD];

export interface Outcome {
  report: StoredReport;
  summary: Summary;
  coverage: Coverage;
  verdict: Verdict;
  breaches: Breach[];
  controls: ControlRow[];
  profile: { name: string; version: string; digest: string };
}

export type Claim = 'claimed' | 'full' | 'mine' | 'lost';

/** A scan that has a pod, or is about to. */
export interface UnderWay {
  id: string;
  attempt: number;
  state: ScanState;
  timeoutSeconds: number;
  /** Milliseconds since its first pod was started, by the database's clock. */
  runsMs: number;
}

/**
 * The worker's side of a scan: the only writer of its state. Every write is guarded by id, state and attempt, so a late or
 * duplicate writer changes nothing and is told so.
 */
@Injectable()
export class ScansRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** The scan, of whatever project, or null. */
  async find(id: string): Promise<Scan | null> {
    const row = await this.prisma.scan.findUnique({ where: { id }, omit: WITHOUT_EVIDENCE });
    return row === null ? null : scanFromRow(row);
  }

  /**
   * Takes the scan and a place under the cap: queued → starting. `full` if `maxPods` scans have a pod that is not known to be gone;
   * `mine` if this attempt is under way already (its pod is to be adopted); `lost` if it ended or another attempt is the current one.
   */
  async claim(id: string, attempt: number, podName: string, maxPods: number): Promise<Claim> {
    return this.prisma.$transaction(async (tx) => {
      // Counting and taking must be one step for all workers, or two of them take the last place.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(${POD_SLOTS_LOCK})`;
      const scan = await tx.scan.findUnique({ where: { id }, select: { state: true, attempt: true, startedAt: true } });
      if (scan === null || scan.attempt !== attempt) return 'lost';
      if (IN_A_POD.includes(scan.state as ScanState)) return 'mine';
      if (scan.state !== 'queued') return 'lost';
      if ((await tx.scan.count({ where: { podName: { not: null }, podGoneAt: null } })) >= maxPods) return 'full';
      const startedAt = scan.startedAt ?? (await databaseTime(tx)); // a scan has its time once, however many attempts
      const { count } = await tx.scan.updateMany({
        where: { id, attempt, state: 'queued' },
        data: { state: 'starting', podName, podGoneAt: null, startedAt },
      });
      return count === 1 ? 'claimed' : 'lost'; // canceled since it was read
    });
  }

  /** Milliseconds until the scan's time is over, by the database's clock: those of the workers may differ. Below zero: it is over. */
  async leftMs(id: string): Promise<number> {
    const [row] = await this.prisma.$queryRaw<{ left: number }[]>`
      SELECT 1000 * (timeout_seconds - extract(epoch FROM clock_timestamp() - coalesce(started_at, clock_timestamp())))::float8 AS left
        FROM scans WHERE id = ${id}`;
    return row?.left ?? 0;
  }

  /**
   * Begins the next attempt, when the pod of this one is gone: back to `queued`, with what is known of that pod. Its number, or null if this attempt
   * was over already.
   */
  async again(id: string, attempt: number, evidence: Evidence): Promise<number | null> {
    const { count } = await this.prisma.scan.updateMany({
      where: { id, attempt, state: { in: [...IN_A_POD] } },
      data: {
        state: 'queued',
        attempt: attempt + 1,
        podName: null,
        podGoneAt: null,
        evidence: storableJson(evidence),
      },
    });
    return count === 1 ? attempt + 1 : null;
  }

  /** The sealed inputs of an attempt that has not ended; null if there are none. */
  async sealedInputs(id: string, attempt: number): Promise<Uint8Array | null> {
    const row = await this.prisma.scan.findFirst({ where: { id, attempt }, select: { sensitiveInputs: true } });
    return row?.sensitiveInputs ?? null;
  }

  /** Moves the scan on; true if it is in `to` afterwards. False: it ended or this attempt is not the current one. */
  async move(id: string, attempt: number, to: 'scanning' | 'collecting'): Promise<boolean> {
    const { count } = await this.prisma.scan.updateMany({
      where: { id, attempt, state: { in: statesBefore(to) } },
      data: { state: to },
    });
    return count === 1 || (await this.prisma.scan.count({ where: { id, attempt, state: to } })) === 1;
  }

  /** Keeps which profile runs, as soon as its archive is known. */
  async recordProfile(id: string, attempt: number, profile: Outcome['profile']): Promise<void> {
    await this.prisma.scan.updateMany({
      where: { id, attempt, state: { in: [...UNFINISHED] } },
      data: { profileName: profile.name, profileVersion: profile.version, profileDigest: profile.digest },
    });
  }

  /** Ends the scan with its results: state, control rows and latest result in one transaction. False: it changed nothing. */
  async complete(id: string, attempt: number, outcome: Outcome): Promise<boolean> {
    const { report, profile } = outcome;
    return this.prisma.$transaction(async (tx) => {
      const { count } = await tx.scan.updateMany({
        where: { id, attempt, state: { in: statesBefore('completed') } },
        data: {
          state: 'completed',
          verdict: outcome.verdict,
          summary: storableJson(outcome.summary),
          coverage: storableJson(outcome.coverage),
          breaches: storableJson(outcome.breaches),
          reportKey: report.key,
          reportSha256: report.sha256,
          reportBytes: report.bytes,
          profileName: profile.name,
          profileVersion: profile.version,
          profileDigest: profile.digest,
          sensitiveInputs: null,
          finishedAt: await databaseTime(tx),
        },
      });
      if (count === 0) return false;
      await writeControls(tx, id, outcome.controls);
      await writeLatest(tx, id);
      return true;
    });
  }

  /** Ends the scan as failed, with why and what the engine said. False: it changed nothing. */
  async fail(id: string, attempt: number, failure: ScanFailure, evidence: Evidence | null): Promise<boolean> {
    const finishedAt = await databaseTime(this.prisma);
    const { count } = await this.prisma.scan.updateMany({
      where: { id, attempt, state: { in: statesBefore('failed') } },
      data: {
        state: 'failed',
        failure: storableJson(failure),
        evidence: storableOrNull(evidence),
        sensitiveInputs: null,
        finishedAt,
      },
    });
    return count === 1;
  }

  /** Keeps evidence of a scan that ended otherwise (canceled): its state stays. */
  async keepEvidence(id: string, attempt: number, evidence: Evidence): Promise<void> {
    await this.prisma.scan.updateMany({ where: { id, attempt }, data: { evidence: storableJson(evidence) } });
  }

  /** The pod of this attempt is known not to exist: it no longer counts against the cap. */
  async podGone(id: string, attempt: number): Promise<void> {
    await this.prisma.scan.updateMany({ where: { id, attempt, podGoneAt: null }, data: { podGoneAt: new Date() } });
  }

  /** Scans that have begun and not ended, the longest under way first: what the reconciler makes sure of. */
  async underWay(): Promise<UnderWay[]> {
    return this.prisma.$queryRaw<UnderWay[]>`
      SELECT id, attempt, state, timeout_seconds AS "timeoutSeconds",
             1000 * extract(epoch FROM clock_timestamp() - started_at)::float8 AS "runsMs"
        FROM scans
       WHERE state IN ('starting', 'scanning', 'collecting') OR (state = 'queued' AND started_at IS NOT NULL)
       ORDER BY started_at, id`;
  }

  /** The scans whose turn it is: of those that wait the oldest, as many as there is room for under the cap. */
  async nextInTurn(maxPods: number): Promise<{ id: string; attempt: number }[]> {
    return this.prisma.$queryRaw<{ id: string; attempt: number }[]>`
      SELECT id, attempt FROM scans WHERE state = 'queued' ORDER BY created_at, id
       LIMIT greatest(0, ${maxPods}::int - (SELECT count(*) FROM scans WHERE pod_name IS NOT NULL AND pod_gone_at IS NULL))`;
  }

  /** Attempts whose pod may still exist, ended ones included: what the reaper makes sure of. */
  async podsNotGone(): Promise<{ id: string; attempt: number; state: ScanState; podName: string }[]> {
    const rows = await this.prisma.scan.findMany({
      where: { podName: { not: null }, podGoneAt: null },
      select: { id: true, attempt: true, state: true, podName: true },
    });
    return rows.map((row) => ({ ...row, state: row.state as ScanState, podName: row.podName ?? '' }));
  }
}

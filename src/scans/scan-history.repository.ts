import { Injectable } from '@nestjs/common';
import type { After } from '../edge/page.js';
import { statesBefore, type ScanState, type Verdict } from '../domain/scan-state.js';
import { RequestError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import { Prisma } from '../platform/database/generated/client.js';
import { PrismaService, databaseTime } from '../platform/database/prisma.service.js';
import { storableJson, storableOrNull } from '../platform/database/storable.js';
import { scanFromRow, WITHOUT_EVIDENCE } from './scan-row.js';
import type { Evidence, Scan } from './scan.js';

/** A scan to be stored: what was asked for, with defaults filled in. */
export type NewScan = Pick<
  Scan,
  | 'id'
  | 'projectId'
  | 'target'
  | 'profile'
  | 'inputs'
  | 'sensitiveInputs'
  | 'waivers'
  | 'threshold'
  | 'thresholdName'
  | 'labels'
  | 'timeoutSeconds'
  | 'securityMode'
  | 'allowTargetCommands'
> & {
  /** The target's identity: `image:<normalized reference>`. */
  identity: string;
  /** The values of the sensitive inputs, encrypted for this scan (sealed-inputs.ts); null if there are none. */
  sealedInputs: Uint8Array | null;
};

export interface ScanFilter {
  states: readonly ScanState[];
  verdicts: readonly Verdict[];
  targetId: string | null;
  /** Identity of an image target. */
  identity: string | null;
  namespace: string | null;
  profileName: string | null;
  labels: Readonly<Record<string, string>>;
  /** Submitted at this time or later. */
  since: Date | null;
  /** Submitted before this time. */
  until: Date | null;
}

/** The scans of one project, as its callers see them: submit, read, list, cancel. Another project's scan is never found. */
@Injectable()
export class ScanHistoryRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Stores the scan, queued, and its target if it is new, in one transaction. */
  async create(scan: NewScan): Promise<Scan> {
    return this.prisma.$transaction(async (tx) => {
      const { projectId, identity, target } = scan;
      if (scan.profile.digest !== null) await holdProfile(tx, projectId, scan.profile.digest);
      const key = { projectId, identity };
      const fresh = { id: newId('target'), ...key, kind: target.kind, image: target.image };
      await tx.target.createMany({ data: [fresh], skipDuplicates: true });
      const { id: targetId } = await tx.target.findUniqueOrThrow({ where: { projectId_identity: key } });
      // Which of two scans is the later one must not hang on the clocks of two machines.
      const createdAt = await databaseTime(tx);
      const { id } = await tx.scan.create({ data: { ...columnsOf(scan), targetId, createdAt }, select: { id: true } });
      return scanFromRow(await tx.scan.findUniqueOrThrow({ where: { id }, omit: WITHOUT_EVIDENCE }));
    });
  }

  async find(projectId: string, id: string): Promise<Scan | null> {
    const row = await this.prisma.scan.findFirst({ where: { id, projectId }, omit: WITHOUT_EVIDENCE });
    return row === null ? null : scanFromRow(row);
  }

  /** What was kept of a scan's pod; null if nothing was, undefined if there is no such scan. */
  async evidence(projectId: string, id: string): Promise<Evidence | null | undefined> {
    const row = await this.prisma.scan.findFirst({ where: { id, projectId }, select: { evidence: true } });
    return row === null ? undefined : (row.evidence as unknown as Evidence | null);
  }

  /** Cancels the scan if it has not ended; true if this call did it. */
  async cancel(projectId: string, id: string): Promise<boolean> {
    const finishedAt = await databaseTime(this.prisma);
    const { count } = await this.prisma.scan.updateMany({
      where: { id, projectId, state: { in: statesBefore('canceled') } },
      data: { state: 'canceled', sensitiveInputs: null, finishedAt },
    });
    return count === 1;
  }

  /** At most `limit` scans, newest first, after the cursor. */
  async page(projectId: string, filter: ScanFilter, limit: number, after: After | null): Promise<Scan[]> {
    const where = Prisma.join(conditions(projectId, filter, after), ' AND ');
    // Ids first, in the order of the index: label containment and row comparison are beyond the ORM's filters.
    const ids = await this.prisma.$queryRaw<{ id: string }[]>`
      SELECT s.id FROM scans s WHERE ${where} ORDER BY s.created_at DESC, s.id DESC LIMIT ${limit}`;
    const rows = await this.prisma.scan.findMany({
      where: { id: { in: ids.map((row) => row.id) } },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      omit: WITHOUT_EVIDENCE,
    });
    return rows.map(scanFromRow);
  }
}

/** Keeps the profile from being deleted until the scan is stored, and seen by whoever would delete it; throws INVALID if it is deleted. */
async function holdProfile(tx: Prisma.TransactionClient, projectId: string, digest: string): Promise<void> {
  const held = await tx.$queryRaw<unknown[]>`
    SELECT id FROM profiles
     WHERE digest = ${digest} AND (project_id = ${projectId} OR project_id IS NULL) AND deleted_at IS NULL FOR SHARE`;
  if (held.length > 0) return;
  throw new RequestError('INVALID', 'the profile was deleted at this moment', [
    { pointer: '/profile', detail: 'was deleted at this moment' },
  ]);
}

function columnsOf(scan: NewScan): Omit<Prisma.ScanUncheckedCreateInput, 'targetId'> {
  const { profile, target } = scan;
  return {
    id: scan.id,
    projectId: scan.projectId,
    target: storableJson(target),
    image: target.image,
    profileName: profile.name,
    profileVersion: profile.version,
    profileConfigMap: profile.configMap,
    profileDigest: profile.digest,
    inputs: storableJson(scan.inputs),
    sensitiveInputNames: [...scan.sensitiveInputs],
    sensitiveInputs: scan.sealedInputs && Buffer.from(scan.sealedInputs),
    waivers: storableJson(scan.waivers),
    threshold: storableOrNull(scan.threshold),
    thresholdName: scan.thresholdName,
    labels: storableJson(scan.labels),
    timeoutSeconds: scan.timeoutSeconds,
    securityMode: scan.securityMode,
    allowTargetCommands: scan.allowTargetCommands,
  };
}

function conditions(projectId: string, filter: ScanFilter, after: After | null): Prisma.Sql[] {
  const all = [Prisma.sql`s.project_id = ${projectId}`];
  if (filter.states.length > 0) all.push(Prisma.sql`s.state IN (${Prisma.join([...filter.states])})`);
  if (filter.verdicts.length > 0) all.push(Prisma.sql`s.verdict IN (${Prisma.join([...filter.verdicts])})`);
  if (filter.targetId !== null) all.push(Prisma.sql`s.target_id = ${filter.targetId}`);
  if (filter.identity !== null) {
    const target = Prisma.sql`SELECT t.id FROM targets t WHERE t.project_id = ${projectId} AND t.identity = ${filter.identity}`;
    all.push(Prisma.sql`s.target_id IN (${target})`);
  }
  if (filter.namespace !== null) all.push(Prisma.sql`s.namespace = ${filter.namespace}`);
  if (filter.profileName !== null) all.push(Prisma.sql`s.profile_name = ${filter.profileName}`);
  if (Object.keys(filter.labels).length > 0) {
    all.push(Prisma.sql`s.labels @> ${JSON.stringify(filter.labels)}::jsonb`);
  }
  if (filter.since !== null) all.push(Prisma.sql`s.created_at >= ${filter.since}`);
  if (filter.until !== null) all.push(Prisma.sql`s.created_at < ${filter.until}`);
  if (after !== null) all.push(Prisma.sql`(s.created_at, s.id) < (${after.createdAt}, ${after.id})`);
  return all;
}

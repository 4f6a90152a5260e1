import { Injectable } from '@nestjs/common';
import type { Verdict } from '../domain/scan-state.js';
import type { After } from '../edge/page.js';
import type { LatestResult, Target as TargetRow } from '../platform/database/generated/client.js';
import { PrismaService } from '../platform/database/prisma.service.js';

/** What is scanned, with the latest result by each profile. */
export interface Target {
  id: string;
  projectId: string;
  kind: 'image';
  image: string;
  namespace: string | null;
  createdAt: Date;
  latest: TargetResult[];
}

export interface TargetResult {
  profile: string;
  scanId: string;
  verdict: Verdict;
  controls: number;
  waived: number;
  passed: number;
  failed: number;
  skipped: number;
  error: number;
  noImpact: number;
  finishedAt: Date;
}

const WITH_LATEST = { latest: { orderBy: { profileKey: 'asc' } } } as const;

@Injectable()
export class TargetsRepository {
  constructor(private readonly prisma: PrismaService) {}

  async find(projectId: string, id: string): Promise<Target | null> {
    const row = await this.prisma.target.findFirst({ where: { id, projectId }, include: WITH_LATEST });
    return row === null ? null : targetFromRow(row);
  }

  /** At most `limit` targets, the newest first; with `identity`, the one that has it. */
  async page(projectId: string, identity: string | null, limit: number, after: After | null): Promise<Target[]> {
    const older = after && {
      OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }],
    };
    const rows = await this.prisma.target.findMany({
      where: { projectId, ...(identity === null ? {} : { identity }), ...older },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: limit,
      include: WITH_LATEST,
    });
    return rows.map(targetFromRow);
  }
}

function targetFromRow(row: TargetRow & { latest: LatestResult[] }): Target {
  const { id, projectId, image, namespace, createdAt } = row;
  return { id, projectId, kind: 'image', image, namespace, createdAt, latest: row.latest.map(resultFromRow) };
}

function resultFromRow(row: LatestResult): TargetResult {
  return { ...row, profile: row.profileKey, verdict: row.verdict as Verdict }; // checked by the database
}

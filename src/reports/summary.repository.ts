import { Injectable } from '@nestjs/common';
import { Prisma } from '../platform/database/generated/client.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import type { GroupBy, GroupTotals } from './summary-group.js';

/** Where the list goes on: the sort key of the last group before. */
export interface AfterGroup {
  compliance: number;
  failing: number;
  key: string;
}

interface Group {
  /** What rows are put together by; never null. */
  by: Prisma.Sql;
  /** What the group is called; may be null. */
  name: Prisma.Sql;
}

const GROUPS: Readonly<Record<GroupBy, Group>> = {
  // '' is no namespace's name: it stands for targets that have none, such as images.
  namespace: { by: Prisma.sql`coalesce(l.namespace, '')`, name: Prisma.sql`min(l.namespace)` },
  // By identity, or two spellings of one image would be two groups; called as it was written last.
  image: {
    by: Prisma.sql`t.identity`,
    name: Prisma.sql`(array_agg(l.image ORDER BY l.created_at DESC, l.scan_id DESC))[1]`,
  },
  profile: { by: Prisma.sql`l.profile_key`, name: Prisma.sql`min(l.profile_key)` },
};

/** Sums over the latest result of each target and profile: added up by the database, never row by row here. */
@Injectable()
export class SummaryRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** At most `limit` groups: lowest compliance first, then most failed and broken controls, then by name. */
  async groups(projectId: string, groupBy: GroupBy, limit: number, after: AfterGroup | null): Promise<GroupTotals[]> {
    const { by, name } = GROUPS[groupBy];
    const rest =
      after === null
        ? Prisma.sql`TRUE`
        : Prisma.sql`("order", -(failed + error), "sortKey" COLLATE "C") > (${after.compliance}::float8, ${-after.failing}::int, ${after.key})`;
    return this.prisma.$queryRaw<GroupTotals[]>`
      WITH sums AS (
        SELECT ${by} AS "sortKey", ${name} AS key,
               count(DISTINCT l.target_id)::int AS targets, count(*)::int AS scans,
               sum(l.controls)::int AS controls, sum(l.waived)::int AS waived,
               sum(l.passed)::int AS passed, sum(l.failed)::int AS failed, sum(l.skipped)::int AS skipped,
               sum(l.error)::int AS error, sum(l.no_impact)::int AS "noImpact",
               count(*) FILTER (WHERE l.verdict = 'passed')::int AS "verdictPassed",
               count(*) FILTER (WHERE l.verdict = 'failed')::int AS "verdictFailed",
               count(*) FILTER (WHERE l.verdict = 'none')::int AS "verdictNone",
               max(l.finished_at) AS "lastFinishedAt"
          FROM latest_results l JOIN targets t ON t.id = l.target_id
         WHERE l.project_id = ${projectId}
         GROUP BY 1),
      ranked AS (
        SELECT *, CASE WHEN passed + failed + skipped + error = 0 THEN 0
                       ELSE 100.0 * passed / (passed + failed + skipped + error)::float8 END AS "order"
          FROM sums)
      SELECT * FROM ranked WHERE ${rest}
       ORDER BY "order", failed + error DESC, "sortKey" COLLATE "C" LIMIT ${limit}`;
  }
}

import { Injectable } from '@nestjs/common';
import { Prisma } from '../platform/database/generated/client.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import type { ControlFilter, ScanControl } from './scan-control.js';

/** The controls of a scan. Whose scan it is was asked before. */
@Injectable()
export class ScanControlsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** At most `limit` controls in the order of the report, after the position. */
  async page(scanId: string, filter: ControlFilter, limit: number, after: number | null): Promise<ScanControl[]> {
    const where = Prisma.join(conditions(scanId, filter, after), ' AND ');
    return this.prisma.$queryRaw<ScanControl[]>`
      SELECT c.position, c.control_id AS "controlId", c.profile_name AS "profileName", c.status, c.severity, c.impact,
             c.waived, c.title, c.message
        FROM control_results c WHERE ${where} ORDER BY c.position LIMIT ${limit}`;
  }
}

function conditions(scanId: string, filter: ControlFilter, after: number | null): Prisma.Sql[] {
  const all = [Prisma.sql`c.scan_id = ${scanId}`];
  if (filter.statuses.length > 0) all.push(Prisma.sql`c.status IN (${Prisma.join([...filter.statuses])})`);
  if (filter.severities.length > 0) all.push(Prisma.sql`c.severity IN (${Prisma.join([...filter.severities])})`);
  if (filter.text !== null) {
    // strpos, not ILIKE: in a search for "50%_done" nothing is a pattern.
    const found = (column: Prisma.Sql): Prisma.Sql => Prisma.sql`strpos(lower(${column}), lower(${filter.text})) > 0`;
    const columns = [Prisma.sql`c.control_id`, Prisma.sql`c.title`, Prisma.sql`c.message`];
    all.push(Prisma.sql`(${Prisma.join(columns.map(found), ' OR ')})`);
  }
  if (after !== null) all.push(Prisma.sql`c.position > ${after}::int`);
  return all;
}

import type { Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import type { Caller } from '../auth/scopes.js';
import { RequestError } from '../domain/errors.js';
import { decodeCursor, encodeCursor, type Page } from '../edge/page.js';
import { fractionOf, percentOf } from '../results/counts.js';
import type { Scan, StoredReport } from '../scans/scan.js';
import { ReportArchive } from './report-archive.js';
import { StoredReportError } from './storage/stored-report.error.js';
import type { GroupBy, GroupTotals, SummaryGroup } from './summary-group.js';
import { SummaryRepository } from './summary.repository.js';

/** Reports: the bytes of one, and counts over many. */
@Injectable()
export class ReportsService {
  private readonly logger = new Logger(ReportsService.name);

  constructor(
    private readonly archive: ReportArchive,
    private readonly summaries: SummaryRepository,
  ) {}

  /** Where the scan's report is; throws NO_REPORT, with the state that is the reason. */
  reportOf(scan: Scan): StoredReport {
    if (scan.report === null)
      throw new RequestError('NO_REPORT', `the scan ${scan.id} is ${scan.state} and has no report`);
    return scan.report;
  }

  /** The report's bytes as the auditor wrote them; throws UNAVAILABLE if the store does not give them. */
  async read(report: StoredReport): Promise<Readable> {
    try {
      return await this.archive.read(report);
    } catch (error) {
      // What is stored and cannot be read is our fault, and its name helps to find it; a store that does not answer may do so later.
      if (error instanceof RequestError || error instanceof StoredReportError) throw error;
      this.logger.error(error);
      throw new RequestError('UNAVAILABLE', 'the object store does not give the report');
    }
  }

  /** Counts over the latest result of each target and profile of the project, grouped, worst first. */
  async summary(
    caller: Caller,
    groupBy: GroupBy,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<SummaryGroup>> {
    const [compliance, failing, key] = cursor === undefined ? [] : decodeCursor(cursor, ['number', 'number', 'string']);
    const after =
      key === undefined ? null : { compliance: Number(compliance), failing: Number(failing), key: String(key) };
    const found = await this.summaries.groups(caller.projectId, groupBy, limit + 1, after);
    const groups = found.slice(0, limit);
    const last = groups.at(-1);
    const next =
      found.length > limit && last ? encodeCursor([last.order, last.failed + last.error, last.sortKey]) : null;
    return { items: groups.map(groupView), next };
  }
}

function groupView(group: GroupTotals): SummaryGroup {
  const { key, targets, scans, controls, waived, passed, failed, skipped, error, lastFinishedAt } = group;
  return {
    key,
    targets,
    scans,
    compliance: percentOf(fractionOf(group), 'strict'),
    controls,
    waived,
    passed,
    failed,
    skipped,
    error,
    no_impact: group.noImpact,
    verdicts: { passed: group.verdictPassed, failed: group.verdictFailed, none: group.verdictNone },
    lastFinishedAt: lastFinishedAt.toISOString(),
  };
}

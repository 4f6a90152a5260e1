import { IsIn } from 'class-validator';
import { PageQuery } from '../edge/page.dto.js';
import { GROUP_BYS } from './summary-group.js';

export class SummaryQuery extends PageQuery {
  /** What to put together. */
  @IsIn(GROUP_BYS, { message: `must be one of ${GROUP_BYS.join(', ')}` })
  groupBy: 'namespace' | 'image' | 'profile';
}

export class VerdictCountsDto {
  passed: number;
  failed: number;
  none: number;
}

/** Counts over the latest result of each target and profile of one group. */
export class SummaryGroupDto {
  /**
   * The namespace, image or profile; null for targets that have no namespace, such as images.
   * @example "registry.example/shop/web:1.4"
   */
  key: string | null;
  /** How many targets are in the group. */
  targets: number;
  /** How many latest results: a target counts once for each profile. */
  scans: number;
  /** Percent: passed / (passed + failed + skipped + error), of the sums. */
  compliance: number;
  controls: number;
  waived: number;
  passed: number;
  failed: number;
  skipped: number;
  error: number;
  no_impact: number;
  /** How many of the latest results passed or failed their threshold, or had none. */
  verdicts: VerdictCountsDto;
  /** When the newest of them was finished. */
  lastFinishedAt: string;
}

export class SummaryPageDto {
  /** Worst first: lowest compliance, then most failed controls. */
  items: SummaryGroupDto[];
  /** Cursor of the next page, or null on the last one. */
  next: string | null;
}

import { IsIn, IsOptional } from 'class-validator';
import { FaultsOf } from '../edge/check.js';
import { PageQuery } from '../edge/page.dto.js';
import { oneLine } from '../edge/query-rules.js';
import { CONTROL_STATUSES, SEVERITIES } from '../results/evaluation.js';
import { List } from './list-scans.query.js';

/** Which controls of a scan to list; all conditions hold together. */
export class ListControlsQuery extends PageQuery {
  /** With one of these statuses (repeat the parameter). */
  @IsOptional()
  @List()
  @IsIn(CONTROL_STATUSES, { each: true, message: `must be one of ${CONTROL_STATUSES.join(', ')}` })
  status?: ('passed' | 'failed' | 'skipped' | 'error' | 'no_impact')[];

  /** Of one of these severities (repeat the parameter). */
  @IsOptional()
  @List()
  @IsIn(SEVERITIES, { each: true, message: `must be one of ${SEVERITIES.join(', ')}` })
  severity?: ('critical' | 'high' | 'medium' | 'low' | 'none')[];

  /** With this text, in upper or lower case, in id, title or message. */
  @IsOptional()
  @FaultsOf(oneLine(200))
  text?: string;
}

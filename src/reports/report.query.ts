import { IsIn, IsOptional } from 'class-validator';
import { REPORT_FORMATS } from './format-name.js';

/** How to read a report. */
export class ReportQuery {
  /** The format, whatever `Accept` says; without it `Accept` decides, and without that it is `json`: the report as it was written. */
  @IsOptional()
  @IsIn(REPORT_FORMATS, { message: `must be one of ${REPORT_FORMATS.join(', ')}, given once` })
  format?: 'json' | 'csv' | 'junit' | 'sarif' | 'html' | 'markdown';
}

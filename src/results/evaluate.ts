import type { Evaluation, EvaluationMode } from './evaluation.js';
import type { Report } from './report.js';
import { ReportError } from './parse-report.js';

/** Statuses, severities, counts and compliance of a report; throws `ReportError` in mode `saf` for what the SAF CLI refuses. */
export function evaluate(report: Report, mode: EvaluationMode): Evaluation {
  throw new ReportError('$', `not evaluated yet (${mode}, ${report.profiles.length})`);
}

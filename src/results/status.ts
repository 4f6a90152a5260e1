import type { ControlStatus, EvaluationMode } from './evaluation.js';
import type { ReportControl } from './report.js';

/**
 * The status of a control, first match wins (inspecjs, compute_status): an error in any test, even of a waived control or one of impact 0;
 * then waived or impact 0; then no tests; then failed, passed, skipped.
 */
export function statusOf(control: ReportControl, mode: EvaluationMode): ControlStatus {
  if (control.broken !== null) return 'error';
  if (mode === 'strict' && isNotApplicableHere(control)) return 'no_impact';
  let failed = false;
  let passed = false;
  let skipped = false;
  for (const result of control.results) {
    if (result.broke || result.status === 'error') return 'error';
    failed ||= result.status === 'failed';
    passed ||= result.status === 'passed';
    skipped ||= result.status === 'skipped';
  }
  if (control.waiver?.skipped === true || control.impact === 0) return 'no_impact';
  if (failed) return 'failed';
  if (passed) return 'passed';
  return skipped ? 'skipped' : 'error';
}

/** `only_applicable_if` did not hold: the auditor writes a failed no-op with a backtrace, which is no error of the profile. */
function isNotApplicableHere(control: ReportControl): boolean {
  const { impact, results } = control;
  return (
    impact === 0 &&
    results.length > 0 &&
    results.every((result) => result.status === 'failed' && result.resourceClass === 'noop')
  );
}

import type { ControlStatus, EvaluationMode } from './evaluation.js';
import type { ReportControl } from './report.js';

/**
 * The status of a control, first match wins (inspecjs, compute_status): an error in any test, even of a waived control or one of impact 0;
 * then waived or impact 0; then no tests; then failed, passed, skipped.
 */
export function statusOf(control: ReportControl, mode: EvaluationMode): ControlStatus {
  const { broken, impact, inapplicable, outcome, waiver } = control;
  // What SAF does not refuse it judges: a control without an id by its tests.
  if (mode === 'strict' && broken !== null) return 'error';
  // `only_applicable_if` did not hold: the auditor writes it with a backtrace, which is no error of the profile.
  if (mode === 'strict' && impact === 0 && inapplicable) return 'no_impact';
  if (outcome === 'error') return 'error';
  if (waiver?.skipped === true || impact === 0) return 'no_impact';
  return outcome === 'untested' || outcome === 'nothing' ? 'error' : outcome;
}

import {
  CONTROL_STATUSES,
  type ControlStatus,
  type EvaluatedControl,
  type EvaluationMode,
  type Fraction,
} from './evaluation.js';
import type { StatusCounts, Summary } from './summary.js';

type Counted = Pick<EvaluatedControl, 'status' | 'severity' | 'waived'>;
type StatusTotals = Record<ControlStatus, number>;

const BUCKETS = ['total', 'critical', 'high', 'medium', 'low'] as const;

/** How many controls have each status, whatever their severity. */
export function totalsOf(controls: readonly Counted[]): StatusTotals {
  const totals: StatusTotals = { passed: 0, failed: 0, skipped: 0, error: 0, no_impact: 0 };
  for (const control of controls) totals[control.status]++;
  return totals;
}

/** Passed over everything that applies; Not Applicable is left out. */
export function fractionOf(totals: Omit<StatusTotals, 'no_impact'>): Fraction {
  return { numerator: totals.passed, denominator: totals.passed + totals.failed + totals.skipped + totals.error };
}

/** A fraction in percent, 0 if there is nothing to divide by: exact to a double in `strict`, rounded to an integer as SAF does in `saf`. */
export function percentOf({ numerator, denominator }: Fraction, mode: EvaluationMode): number {
  if (denominator === 0) return 0;
  const percent = (100 * numerator) / denominator;
  return mode === 'saf' ? Math.round(percent) : percent;
}

/**
 * The counts of a report. In `strict` a total counts every control; in `saf` it is the sum of its buckets, as `saf summary` prints it, so
 * that a control whose severity is in no bucket (`High`, or `none` outside no_impact) is in no total.
 */
export function summaryOf(controls: readonly Counted[], mode: EvaluationMode): Summary {
  const summary = emptySummary();
  summary.compliance = percentOf(fractionOf(totalsOf(controls)), mode);
  summary.controls = controls.length;
  for (const { status, severity, waived } of controls) {
    const isInBucket = count(summary, status, severity);
    if (isInBucket || mode === 'strict') summary[status].total++;
    if (waived) summary.waived++;
  }
  return summary;
}

/** Counts a control in its bucket; false if there is no such bucket. */
function count(summary: Summary, status: ControlStatus, severity: string): boolean {
  if (severity === 'none') {
    if (status === 'no_impact') summary.no_impact.none++;
    return status === 'no_impact';
  }
  if (severity !== 'critical' && severity !== 'high' && severity !== 'medium' && severity !== 'low') return false;
  summary[status][severity]++;
  return true;
}

/** Several reports as one: the counts are summed first, and only then divided. */
export function sumSummaries(summaries: readonly Summary[], mode: EvaluationMode): Summary {
  const sum = emptySummary();
  for (const summary of summaries) {
    sum.controls += summary.controls;
    sum.waived += summary.waived;
    for (const status of CONTROL_STATUSES) {
      for (const bucket of BUCKETS) sum[status][bucket] += summary[status][bucket];
    }
    sum.no_impact.none += summary.no_impact.none;
  }
  const totals: StatusTotals = {
    passed: sum.passed.total,
    failed: sum.failed.total,
    skipped: sum.skipped.total,
    error: sum.error.total,
    no_impact: sum.no_impact.total,
  };
  return { ...sum, compliance: percentOf(fractionOf(totals), mode) };
}

function emptySummary(): Summary {
  return {
    compliance: 0,
    controls: 0,
    waived: 0,
    passed: emptyCounts(),
    failed: emptyCounts(),
    skipped: emptyCounts(),
    error: emptyCounts(),
    no_impact: { ...emptyCounts(), none: 0 },
  };
}

function emptyCounts(): StatusCounts {
  return { total: 0, critical: 0, high: 0, medium: 0, low: 0 };
}

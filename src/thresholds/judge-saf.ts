import { percentOf, totalsOf } from '../results/counts.js';
import type { ControlStatus, EvaluatedControl, Evaluation } from '../results/evaluation.js';
import type { Breach } from './breach.js';
import { valueAt } from './saf-threshold.js';
import { ThresholdError } from './threshold.error.js';
import type { SafThreshold } from './threshold.js';

const TOTALS: readonly ControlStatus[] = ['passed', 'failed', 'skipped', 'no_impact', 'error'];
const BOUNDED_TOTALS: readonly ControlStatus[] = ['passed', 'failed', 'skipped', 'error'];
const BUCKETS: readonly ControlStatus[] = ['passed', 'failed', 'skipped', 'error', 'no_impact'];
const SEVERITIES = ['critical', 'high', 'medium', 'low', 'none'] as const;

/**
 * The first bound that the SAF CLI 1.5 finds broken, or null, in its order and with its comparisons: JavaScript's own, so that "2" is 2,
 * null is 0, text that is no number is never broken, and `no_impact.total` has no bounds. Throws `ThresholdError` where SAF crashes.
 */
export function safBreach(evaluation: Evaluation, { document }: SafThreshold): Breach | null {
  const controls = evaluation.controls;
  return (
    complianceBreach(evaluation, document) ??
    totalBreach(controls, document) ??
    severityBreach(controls, document) ??
    idsBreach(controls, document)
  );
}

function complianceBreach(evaluation: Evaluation, document: unknown): Breach | null {
  const actual = percentOf(evaluation.compliance, 'saf');
  // Not by its dotted key: SAF takes this one without lodash, and misses `compliance.min` beside a list of controls.
  const bounds = valueAt(document, 'compliance');
  const min = valueAt(bounds, 'min');
  if (Boolean(min) && actual < (min as number))
    return breach('compliance.min', min, actual, ids(evaluation.controls, ['failed', 'skipped', 'error']));
  const max = valueAt(bounds, 'max');
  if (Boolean(max) && actual > (max as number))
    return breach('compliance.max', max, actual, ids(evaluation.controls, ['passed']));
  return null;
}

function totalBreach(controls: readonly EvaluatedControl[], document: unknown): Breach | null {
  const totals = totalsOf(controls);
  for (const status of TOTALS) {
    const exact = valueAt(document, `${status}.total`);
    if (exact === undefined || typeof exact === 'object' || totals[status] === exact) continue;
    return breach(`${status}.total`, exact, totals[status], ids(controls, [status]));
  }
  for (const limit of ['min', 'max'] as const) {
    for (const status of BOUNDED_TOTALS) {
      const key = `${status}.total.${limit}`;
      const bound = valueAt(document, key);
      if (breaks(totals[status], limit, bound)) return breach(key, bound, totals[status], ids(controls, [status]));
    }
  }
  return null;
}

function severityBreach(controls: readonly EvaluatedControl[], document: unknown): Breach | null {
  for (const severity of SEVERITIES) {
    const ofSeverity = controls.filter((control) => control.severity === severity);
    const totals = totalsOf(ofSeverity);
    for (const status of severity === 'none' ? (['no_impact'] as const) : BUCKETS) {
      for (const limit of ['min', 'max'] as const) {
        const key = `${status}.${severity}.${limit}`;
        const bound = valueAt(document, key);
        if (breaks(totals[status], limit, bound)) return breach(key, bound, totals[status], ids(ofSeverity, [status]));
      }
    }
  }
  return null;
}

/** Every listed id must be in the bucket, and the numbers agree; a bucket without controls has no number, so even an empty list breaks it. */
function idsBreach(controls: readonly EvaluatedControl[], document: unknown): Breach | null {
  for (const severity of SEVERITIES) {
    for (const status of severity === 'none' ? (['no_impact'] as const) : BUCKETS) {
      const key = `${status}.${severity}.controls`;
      const listed = valueAt(document, key);
      if (!listed) continue;
      if (typeof listed !== 'string' && !Array.isArray(listed)) {
        throw new ThresholdError([{ key, detail: 'should be a list of control ids' }]);
      }
      const found = controls
        .filter((control) => control.status === status && control.severity === severity)
        .map((control) => control.controlId);
      const expected = [...listed].map(String);
      const isKept =
        found.length > 0 && [...listed].every((id) => found.includes(id as string)) && listed.length === found.length;
      if (!isKept) return { key, expected, actual: found, controls: difference(expected, found) };
    }
  }
  return null;
}

/** JavaScript compares numbers with whatever stands in the file; that is what SAF does. */
function breaks(count: number, limit: 'min' | 'max', bound: unknown): boolean {
  if (bound === undefined) return false;
  return limit === 'min' ? count < (bound as number) : count > (bound as number);
}

function breach(key: string, expected: unknown, actual: number, controls: string[]): Breach {
  return { key, expected: Number(expected), actual, controls };
}

function ids(controls: readonly EvaluatedControl[], statuses: readonly ControlStatus[]): string[] {
  return controls.filter((control) => statuses.includes(control.status)).map((control) => control.controlId);
}

function difference(expected: readonly string[], actual: readonly string[]): string[] {
  const listed = new Set(expected);
  const found = new Set(actual);
  return [...expected.filter((id) => !found.has(id)), ...actual.filter((id) => !listed.has(id))];
}

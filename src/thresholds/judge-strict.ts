import type { ControlStatus, EvaluatedControl, Evaluation, Fraction, Severity } from '../results/evaluation.js';
import { percentOf } from '../results/counts.js';
import type { Breach } from './breach.js';
import type { Bound, StrictThreshold } from './threshold.js';

/** Every bound that is not kept. A report in which nothing was tested breaks `tested` before all others, whatever the threshold says. */
export function strictBreaches(evaluation: Evaluation, threshold: StrictThreshold): Breach[] {
  const breaches: Breach[] = evaluation.tested ? [] : [{ key: 'tested', expected: 1, actual: 0, controls: [] }];
  for (const bound of threshold.bounds) {
    const breach = breachOf(bound, evaluation);
    if (breach !== null) breaches.push(breach);
  }
  return breaches;
}

function breachOf(bound: Bound, evaluation: Evaluation): Breach | null {
  const { key } = bound;
  if (bound.kind === 'compliance') {
    if (keepsCompliance(evaluation.compliance, bound.limit, bound.value)) return null;
    const behind: ControlStatus[] = bound.limit === 'min' ? ['failed', 'skipped', 'error'] : ['passed'];
    const controls = behind.flatMap((status) => idsOf(evaluation.controls, status, 'total'));
    return { key, expected: bound.value, actual: percentOf(evaluation.compliance, 'strict'), controls };
  }
  const ids = idsOf(evaluation.controls, bound.status, bound.bucket);
  if (bound.kind === 'controls') return controlsBreach(key, bound.value, ids);
  const isKept =
    bound.limit === 'min'
      ? ids.length >= bound.value
      : bound.limit === 'max'
        ? ids.length <= bound.value
        : ids.length === bound.value;
  return isKept ? null : { key, expected: bound.value, actual: ids.length, controls: ids };
}

/** The list must hold the ids of the bucket, each as often as there: SAF lets `[a, a]` pass for a and b. Behind a breach is the difference. */
function controlsBreach(key: string, expected: readonly string[], actual: string[]): Breach | null {
  const controls = [...without(expected, actual), ...without(actual, expected)];
  return controls.length === 0 ? null : { key, expected: [...expected], actual, controls };
}

function without(ids: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const id of others) left.set(id, (left.get(id) ?? 0) + 1);
  return ids.filter((id) => {
    const count = left.get(id) ?? 0;
    left.set(id, count - 1);
    return count <= 0;
  });
}

/** Compares passed / applicable with a bound in percent without rounding: 249 of 250 keeps `min: 99.6` and breaks `min: 99.61`. */
function keepsCompliance({ numerator, denominator }: Fraction, limit: 'min' | 'max', bound: number): boolean {
  const { digits, scale } = decimalOf(bound);
  const left = denominator === 0 ? 0n : 100n * BigInt(numerator) * scale;
  const right = digits * BigInt(denominator === 0 ? 1 : denominator);
  return limit === 'min' ? left >= right : left <= right;
}

/** A number from 0 to 100 as it was written: digits over a power of ten. */
function decimalOf(value: number): { digits: bigint; scale: bigint } {
  const text = value < 1e-6 ? value.toFixed(20) : String(value);
  const [whole = '0', fraction = ''] = text.split('.');
  return { digits: BigInt(whole + fraction), scale: 10n ** BigInt(fraction.length) };
}

/** The ids of a bucket, in the order of the report. */
function idsOf(controls: readonly EvaluatedControl[], status: ControlStatus, bucket: Severity | 'total'): string[] {
  const ids: string[] = [];
  for (const control of controls) {
    if (control.status === status && (bucket === 'total' || control.severity === bucket)) ids.push(control.controlId);
  }
  return ids;
}

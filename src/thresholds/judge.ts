import type { Evaluation, EvaluationMode } from '../results/evaluation.js';
import type { Breach } from './breach.js';
import { safBreach } from './judge-saf.js';
import { strictBreaches } from './judge-strict.js';
import type { Threshold } from './threshold.js';

export type { Breach } from './breach.js';

export interface Judgement {
  verdict: 'passed' | 'failed';
  breaches: Breach[];
}

/**
 * Holds an evaluation against a threshold; all three must be of the same mode. `strict` tells every breach, `saf` the first one.
 * Throws `ThresholdError` in mode `saf` for a threshold on which the SAF CLI crashes.
 */
export function judge(evaluation: Evaluation, threshold: Threshold, mode: EvaluationMode): Judgement {
  if (evaluation.mode !== mode || threshold.mode !== mode) {
    throw new TypeError(
      `An evaluation in mode ${evaluation.mode} cannot be held against a threshold in mode ${threshold.mode} as ${mode}`,
    );
  }
  if (threshold.mode === 'strict') {
    const breaches = strictBreaches(evaluation, threshold);
    return { verdict: breaches.length === 0 ? 'passed' : 'failed', breaches };
  }
  const first = safBreach(evaluation, threshold);
  return { verdict: first === null ? 'passed' : 'failed', breaches: first === null ? [] : [first] };
}

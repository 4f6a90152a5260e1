import type { Evaluation, EvaluationMode } from '../results/evaluation.js';
import type { Threshold } from './threshold.js';

/** One bound that a report does not keep, with the controls behind it. `key` is the threshold's own, such as `failed.critical.max`. */
export interface Breach {
  key: string;
  expected: number | string[];
  actual: number | string[];
  controls: string[];
}

export interface Judgement {
  verdict: 'passed' | 'failed';
  breaches: Breach[];
}

/** Holds an evaluation against a threshold; all three must be of the same mode. In `saf` only the first breach is told. */
export function judge(evaluation: Evaluation, threshold: Threshold, mode: EvaluationMode): Judgement {
  throw new Error(`not judged yet (${evaluation.mode}, ${threshold.mode}, ${mode})`);
}

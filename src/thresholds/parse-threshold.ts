import type { EvaluationMode } from '../results/evaluation.js';
import type { Threshold } from './threshold.js';

/** One thing that is wrong with a threshold: the key it is about (empty for the whole) and what. */
export interface ThresholdFault {
  key: string;
  detail: string;
}

/** A threshold that cannot be used, with everything that is wrong with it. */
export class ThresholdError extends Error {
  constructor(readonly faults: readonly ThresholdFault[]) {
    super(faults.map((fault) => (fault.key === '' ? fault.detail : `${fault.key}: ${fault.detail}`)).join('; '));
    this.name = 'ThresholdError';
  }
}

/** `file`: YAML or JSON, nested or flat keys. `inline`: the grammar of `saf validate threshold -I`. `any`: by how the text looks. */
export type ThresholdGrammar = 'any' | 'file' | 'inline';

/** Reads a threshold from text or from an already parsed object; throws `ThresholdError` with every fault at once. */
export function parseThreshold(input: unknown, mode: EvaluationMode, grammar: ThresholdGrammar = 'any'): Threshold {
  throw new ThresholdError([{ key: '', detail: `not read yet (${typeof input}, ${mode}, ${grammar})` }]);
}

import type { ControlStatus, EvaluationMode } from '../results/evaluation.js';

/** One bound of a strict threshold. `key` is spelt as in the file, such as `failed.high.max` or `passed.total`. */
export interface Bound {
  key: string;
  status: ControlStatus | 'compliance';
  /** `total`, a severity, or null for compliance. */
  bucket: string | null;
  kind: 'min' | 'max' | 'exact' | 'controls';
  value: number | string[];
}

/** A threshold that was read and found good, for one mode. */
export type Threshold =
  | { mode: Extract<EvaluationMode, 'strict'>; bounds: Bound[] }
  /** As the SAF CLI holds it: whatever the text was, with unknown keys still in it. */
  | { mode: Extract<EvaluationMode, 'saf'>; document: unknown };

import type { ControlStatus, Severity } from '../results/evaluation.js';

/** One bound of a strict threshold. `key` is the full name, such as `failed.high.max`, or `passed.total` for an exact total. */
export type Bound =
  | { kind: 'compliance'; key: string; limit: 'min' | 'max'; value: number }
  | {
      kind: 'count';
      key: string;
      status: ControlStatus;
      bucket: Severity | 'total';
      limit: 'min' | 'max' | 'exact';
      value: number;
    }
  | { kind: 'controls'; key: string; status: ControlStatus; bucket: Severity; value: readonly string[] };

/** A threshold for mode `strict`: at least one bound, in the order in which breaches are told. */
export interface StrictThreshold {
  mode: 'strict';
  bounds: readonly Bound[];
}

/** A threshold as the SAF CLI holds it: whatever the text was, with the keys it ignores still in it. */
export interface SafThreshold {
  mode: 'saf';
  document: unknown;
}

/** A threshold that was read and found good, for one mode. */
export type Threshold = StrictThreshold | SafThreshold;

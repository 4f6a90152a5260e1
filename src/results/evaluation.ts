import type { Summary } from './summary.js';

/** `strict` is ours and the default; `saf` answers what the MITRE SAF CLI answers. */
export const EVALUATION_MODES = ['strict', 'saf'] as const;
export type EvaluationMode = (typeof EVALUATION_MODES)[number];

/** The statuses of a control, named as thresholds name them: `skipped` is Not Reviewed, `no_impact` Not Applicable, `error` Profile Error. */
export const CONTROL_STATUSES = ['passed', 'failed', 'skipped', 'error', 'no_impact'] as const;
export type ControlStatus = (typeof CONTROL_STATUSES)[number];

export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'none'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One control that counts, with what its root says. */
export interface EvaluatedControl {
  controlId: string;
  profileName: string;
  title: string | null;
  status: ControlStatus;
  /** One of SEVERITIES; in mode `saf` a tag keeps its case (`High`), and then it is in no bucket. */
  severity: string;
  impact: number;
  /** Not run because of a waiver; stands beside the status. */
  waived: boolean;
  /** Messages of the tests that did not pass, at most 2 KiB of UTF-8; null if there are none. */
  message: string | null;
  /** Where its root is in the report: `report.profiles[profile].controls[control]`. */
  root: { profile: number; control: number };
}

/** Passed over (passed + failed + skipped + error), exactly. `denominator` 0: nothing to divide by, compliance is 0. */
export interface Fraction {
  numerator: number;
  denominator: number;
}

/** A report, judged control by control. */
export interface Evaluation {
  mode: EvaluationMode;
  controls: EvaluatedControl[];
  summary: Summary;
  compliance: Fraction;
  /** At least one control was really tested, and no profile failed to load: without that, nothing passes in mode `strict`. */
  tested: boolean;
  /** What a reader should know: profiles that were skipped or did not load, doubled ids, parts of the report that are wrong. */
  notes: string[];
}

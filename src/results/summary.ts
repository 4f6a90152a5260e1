/** Counts of one status by severity of the control. */
export interface StatusCounts {
  total: number;
  critical: number;
  high: number;
  medium: number;
  low: number;
}

/** The counts of a report. `compliance` is in percent, 0 to 100: passed / (passed + failed + skipped + error). */
export interface Summary {
  compliance: number;
  controls: number;
  waived: number;
  passed: StatusCounts;
  failed: StatusCounts;
  skipped: StatusCounts;
  error: StatusCounts;
  no_impact: StatusCounts & { none: number };
}

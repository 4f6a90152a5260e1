/** One control of a scan, as it was judged. */
export class ScanControlDto {
  /** @example "cb-users-01" */
  controlId: string;
  /** Name of the profile that the control is of. */
  profile: string;
  /** `skipped` was not reviewed, `no_impact` is not applicable, `error` could not be judged. */
  status: 'passed' | 'failed' | 'skipped' | 'error' | 'no_impact';
  severity: 'critical' | 'high' | 'medium' | 'low' | 'none';
  /** As the profile gives it, 0 to 1. */
  impact: number;
  /** Not run because of a waiver. */
  waived: boolean;
  title: string | null;
  /** What the tests that did not pass said, at most 2 KiB. */
  message: string | null;
}

export class ScanControlPageDto {
  /** In the order of the report. */
  items: ScanControlDto[];
  /** Cursor of the next page, or null on the last one. */
  next: string | null;
}

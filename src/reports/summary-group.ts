export const GROUP_BYS = ['namespace', 'image', 'profile'] as const;
export type GroupBy = (typeof GROUP_BYS)[number];

/** Sums over the latest results of one group, as the database adds them up. */
export interface GroupTotals {
  key: string | null;
  /** Unique and never null, for the order of the list. */
  sortKey: string;
  /** Compliance as the list is sorted by it. */
  order: number;
  targets: number;
  scans: number;
  controls: number;
  waived: number;
  passed: number;
  failed: number;
  skipped: number;
  error: number;
  noImpact: number;
  verdictPassed: number;
  verdictFailed: number;
  verdictNone: number;
  lastFinishedAt: Date;
}

/** Counts over the latest result of each target and profile of a group. */
export interface SummaryGroup {
  key: string | null;
  targets: number;
  scans: number;
  compliance: number;
  controls: number;
  waived: number;
  passed: number;
  failed: number;
  skipped: number;
  error: number;
  no_impact: number;
  verdicts: { passed: number; failed: number; none: number };
  lastFinishedAt: string;
}

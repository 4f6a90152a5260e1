/** What one test of a control said. `null` where the auditor left the status out or wrote a word that is not one of these. */
export type ResultStatus = 'passed' | 'failed' | 'skipped' | 'error';

/** One test of a control, as it ran. */
export interface ReportResult {
  readonly status: ResultStatus | null;
  /** The auditor wrote a backtrace, if only an empty one: the test itself broke. */
  readonly broke: boolean;
  readonly codeDesc: string;
  readonly message: string | null;
  readonly skipMessage: string | null;
  readonly exception: string | null;
  readonly startTime: string | null;
  /** Seconds. */
  readonly runTime: number | null;
}

/** What the tests of a control say together: the first of these that one of them says; `nothing` if none says any, `untested` if there are none. */
export type ControlOutcome = 'error' | 'failed' | 'passed' | 'skipped' | 'nothing' | 'untested';

/** A waiver as the auditor applied it. */
export interface ReportWaiver {
  /** The control was not run because of the waiver. */
  skipped: boolean;
  justification: string | null;
  expirationDate: string | null;
  message: string | null;
}

/** One control of one profile. `broken` says what is so wrong with it that its tests cannot be judged. */
export interface ReportControl {
  readonly id: string;
  readonly title: string | null;
  readonly desc: string | null;
  readonly descriptions: readonly { label: string; data: string }[];
  /** 0.0 to 1.0; null if the report has none that is a number. */
  readonly impact: number | null;
  readonly tags: Readonly<Record<string, unknown>>;
  readonly code: string | null;
  readonly source: { ref: string | null; line: number | null };
  readonly results: readonly ReportResult[];
  readonly outcome: ControlOutcome;
  /** Every test is the no-op that an `only_applicable_if` leaves behind where it does not hold. */
  readonly inapplicable: boolean;
  readonly waiver: ReportWaiver | null;
  readonly broken: string | null;
  /** The same control with what its profile says of it. */
  retold(text: Pick<ReportControl, 'title' | 'impact' | 'tags'>): ReportControl;
}

export interface ReportProfile {
  name: string;
  version: string | null;
  title: string | null;
  sha256: string | null;
  parentProfile: string | null;
  /** `loaded`, `skipped` (unsupported platform) or `failed` (did not load); older auditors write none. */
  status: string | null;
  /** At most 1 KiB: auditors put whole object dumps here. */
  statusMessage: string | null;
  /** The profiles that it depends on and that are not in the report, or not all of them: `skipped` or `failed`. */
  lacks: { name: string; status: 'skipped' | 'failed'; message: string | null }[];
  controls: ReportControl[];
}

/** Something in a report that is not as it should be: where (a JSON path such as `profiles[0].controls[3].impact`) and what. */
export interface ReportFault {
  path: string;
  detail: string;
}

/** A report of CINC Auditor (InSpec exec JSON), read and checked. */
export interface Report {
  platform: { name: string | null; release: string | null };
  /** Of the auditor. */
  version: string | null;
  /** Of the whole run, in seconds. */
  duration: number | null;
  profiles: ReportProfile[];
  /** What is wrong but did not keep the report from being read; at most 100 of them. */
  faults: ReportFault[];
  /** The parsed JSON as it came, and whether a byte order mark stood before it: mode `saf` asks what the SAF CLI would refuse. */
  document: Readonly<Record<string, unknown>>;
  byteOrderMark: boolean;
}

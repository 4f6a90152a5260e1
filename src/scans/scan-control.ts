/** Which controls of a scan: empty lists and null stand for all. */
export interface ControlFilter {
  statuses: readonly string[];
  severities: readonly string[];
  /** In upper or lower case, in id, title or message; every character stands for itself. */
  text: string | null;
}

/** A control of a scan as it was judged, with its place in the report. */
export interface ScanControl {
  position: number;
  controlId: string;
  profileName: string;
  status: string;
  severity: string;
  impact: number;
  waived: boolean;
  title: string | null;
  message: string | null;
}

import type { Report, ReportControl } from './report.js';

/** What a control says of itself, from the texts of its profile. */
export interface KnownText {
  controlId: string;
  title: string | null;
  impact: number;
  tags: Readonly<Record<string, unknown>>;
}

/**
 * The report with title, impact and tags of controls that a waiver kept from being run: the auditor does not even read the code of these, and
 * writes no title, no tags and an impact of 0.5 whatever it is. Their status stays what it is: only their severity follows.
 */
export function withTexts(report: Report, texts: readonly KnownText[]): Report {
  if (texts.length === 0) return report;
  const known = new Map(texts.map((text) => [text.controlId, text]));
  const profiles = report.profiles.map((profile) => {
    return { ...profile, controls: profile.controls.map((control) => completed(control, known.get(control.id))) };
  });
  return { ...report, profiles };
}

function completed(control: ReportControl, text: KnownText | undefined): ReportControl {
  if (!text || control.waiver?.skipped !== true || !isUnread(control)) return control;
  return control.retold(text);
}

/** The code of a control that says nothing of itself was not read; an overlay's own words on a waived control stay. */
function isUnread({ title, tags }: ReportControl): boolean {
  return title === null && Object.keys(tags).length === 0;
}

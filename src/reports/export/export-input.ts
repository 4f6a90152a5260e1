import type { EvaluatedControl, Evaluation } from '../../results/evaluation.js';
import type { Report, ReportControl, ReportProfile } from '../../results/report.js';
import type { Judgement } from '../../thresholds/judge.js';

/** The scan that a report is from, for headings. */
export interface ExportedScan {
  id: string;
  /** The target as a person names it, such as an image reference. */
  target: string;
  finishedAt: Date | null;
}

/** What an export is made of; `judgement` is null without a threshold, `scan` for a report that came from elsewhere. */
export interface ExportInput {
  report: Report;
  evaluation: Evaluation;
  judgement: Judgement | null;
  scan: ExportedScan | null;
}

/** A control that counts, with the texts of its root. */
export interface ControlDetail {
  evaluated: EvaluatedControl;
  control: ReportControl;
  profile: ReportProfile;
}

/** The controls that count, each with its texts, in the order of the report. */
export function detailsOf({ report, evaluation }: ExportInput): ControlDetail[] {
  return evaluation.controls.flatMap((evaluated) => {
    const profile = report.profiles[evaluated.root.profile];
    const control = profile?.controls[evaluated.root.control];
    return profile === undefined || control === undefined ? [] : [{ evaluated, control, profile }];
  });
}

/** One of the labelled texts of a control, such as `check` or `fix`; from its tags if it is there only. */
export function textLabelled(control: ReportControl, label: string): string | null {
  const described = control.descriptions.find((entry) => entry.label.toLowerCase() === label)?.data;
  const text = described ?? control.tags[label];
  return typeof text === 'string' && text.trim() !== '' ? text.trim() : null;
}

/** A tag as a list of words: auditors write both `nist: AC-3` and `nist: [AC-3, Rev_4]`. */
export function tagWords(control: ReportControl, tag: string): string[] {
  const value = Object.hasOwn(control.tags, tag) ? control.tags[tag] : undefined;
  return (Array.isArray(value) ? value : [value]).filter(
    (word): word is string => typeof word === 'string' && word.trim() !== '',
  );
}

const STATUS_ORDER = ['failed', 'error', 'skipped', 'passed', 'no_impact'];
const SEVERITY_ORDER = ['critical', 'high', 'medium', 'low', 'none'];

/** Worst first: failed before error before skipped, and critical before low; else in the order of the report. */
export function worstFirst(details: readonly ControlDetail[]): ControlDetail[] {
  const rank = ({ evaluated }: ControlDetail): number =>
    10 * STATUS_ORDER.indexOf(evaluated.status) + SEVERITY_ORDER.indexOf(evaluated.severity);
  return details.toSorted((a, b) => rank(a) - rank(b));
}

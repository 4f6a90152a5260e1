import { messageOf } from './control-message.js';
import { fractionOf, summaryOf, totalsOf } from './counts.js';
import type { EvaluatedControl, Evaluation, EvaluationMode } from './evaluation.js';
import { type Line, linesOf, rootOf } from './lineage.js';
import { ReportError } from './report.error.js';
import type { Report } from './report.js';
import { safRefusal } from './saf-refusal.js';
import { severityOf } from './severity.js';
import { statusOf } from './status.js';

const MAX_DOUBLED = 20;

/**
 * Statuses, severities, counts and compliance of a report. `strict` counts the controls of all profiles, `saf` those of the first.
 * Throws `ReportError` in mode `saf` for what the SAF CLI refuses to read.
 */
export function evaluate(report: Report, mode: EvaluationMode): Evaluation {
  if (mode === 'saf') refuseWithSaf(report);
  const notes: string[] = [];
  const lines = linesOf(report, mode, notes);
  const roots = new Map<Line, Line>();
  const controls: EvaluatedControl[] = [];
  for (const line of lines) {
    if (line.extended || (mode === 'saf' && line.profile !== 0)) continue;
    controls.push(evaluateLine(line, rootOf(line, roots), report, mode));
  }
  notes.push(
    ...profileNotes(report, mode),
    ...doubledIds(controls),
    ...report.faults.map((fault) => `${fault.path}: ${fault.detail}`),
  );
  return {
    mode,
    controls,
    summary: summaryOf(controls, mode),
    compliance: fractionOf(totalsOf(controls)),
    tested: wasTested(report, controls),
    notes,
  };
}

function refuseWithSaf(report: Report): void {
  const refusal = safRefusal(report);
  if (refusal === null) return;
  throw new ReportError(refusal.path, `${refusal.detail} (the SAF CLI refuses such a report; mode strict reads it)`);
}

function evaluateLine(line: Line, root: Line, report: Report, mode: EvaluationMode): EvaluatedControl {
  const status = statusOf(root.data, mode);
  return {
    controlId: root.data.id,
    profileName: report.profiles[line.profile]?.name ?? '',
    title: root.data.title,
    status,
    severity: severityOf(root.data, mode),
    impact: root.data.impact ?? 1,
    waived: root.data.waiver?.skipped === true,
    message: status === 'passed' ? null : messageOf(root.data),
    root: { profile: root.profile, control: root.control },
  };
}

/** Skips, errors and Not Applicable are no tests: a report of nothing else says nothing about its target. */
function wasTested(report: Report, controls: readonly EvaluatedControl[]): boolean {
  if (report.profiles.some(({ status, lacks }) => [status, ...lacks.map((one) => one.status)].includes('failed')))
    return false;
  return controls.some((control) => control.status === 'passed' || control.status === 'failed');
}

function profileNotes(report: Report, mode: EvaluationMode): string[] {
  const notes: string[] = [];
  if (report.profiles.length === 0) notes.push('The report holds no profile.');
  for (const { name, status, statusMessage, lacks, controls } of report.profiles) {
    if (status === 'failed' || status === 'skipped') notes.push(absence(`Profile ${name}`, status, statusMessage));
    else if (controls.length === 0) notes.push(`Profile ${name} has no controls.`);
    for (const lack of lacks)
      notes.push(absence(`Profile ${lack.name}, on which ${name} depends,`, lack.status, lack.message));
  }
  if (mode === 'saf' && report.profiles.length > 1)
    notes.push('Mode saf counts the controls of the first profile only.');
  return notes;
}

function absence(profile: string, status: 'skipped' | 'failed', message: string | null): string {
  return `${profile} ${status === 'failed' ? 'did not load' : 'was skipped'}${message === null ? '' : `: ${message}`}`;
}

/** An auditor writes an id once a profile; a file in which it stands twice was put together by something else. */
function doubledIds(controls: readonly EvaluatedControl[]): string[] {
  const profiles = new Map<string, Set<string>>();
  const doubled = new Map<string, number>();
  for (const { profileName, controlId } of controls) {
    let ids = profiles.get(profileName);
    if (ids === undefined) profiles.set(profileName, (ids = new Set()));
    if (!ids.has(controlId)) ids.add(controlId);
    else {
      const name = `Control ${controlId} of profile ${profileName}`;
      doubled.set(name, (doubled.get(name) ?? 1) + 1);
    }
  }
  const shown = [...doubled]
    .slice(0, MAX_DOUBLED)
    .map(([name, count]) => `${name} stands ${count} times; each is counted.`);
  return doubled.size > shown.length
    ? [...shown, `and ${doubled.size - shown.length} more ids that stand more than once`]
    : shown;
}

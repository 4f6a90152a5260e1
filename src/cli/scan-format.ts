import { parseThreshold } from '../thresholds/parse-threshold.js';
import type { ScanDto } from '../scans/scan.dto.js';
import { percentText } from '../reports/export/labels.js';
import type { CliVerdict, Outcome, ReportOutcome } from './evaluate.command.js';
import { formatOutcome } from './outcome-format.js';
import type { ScanFormat } from './remote-command-line.js';
import { terminalText } from './text-table.js';

/** What became of the scan, as an exit code says it: only a verdict that is `passed`, or a scan that was asked for none, is well. */
export function scanVerdict(scan: ScanDto, waited: boolean): CliVerdict {
  if (scan.state !== 'completed') return waited || isOver(scan) ? 'error' : 'passed';
  if (scan.verdict === 'none') return scan.threshold === null ? 'passed' : 'error';
  return scan.verdict;
}

/** The scan as text, ending in a line end. */
export function formatScan(scan: ScanDto, format: ScanFormat): string {
  if (format === 'json') return `${JSON.stringify(scan, null, 2)}\n`;
  const outcome = outcomeOf(scan);
  if (format === 'junit') return formatOutcome(outcome, 'junit');
  const lines = [`scan ${scan.id}: ${scan.state}`];
  if (scan.state === 'completed' && scan.verdict === 'none') lines.push(withoutVerdict(scan));
  else if (isOver(scan)) lines.push(formatOutcome(outcome, 'table').trimEnd());
  return `${lines.join('\n')}\n`;
}

function isOver({ state }: ScanDto): boolean {
  return state === 'completed' || state === 'failed' || state === 'canceled';
}

function withoutVerdict({ target, summary }: ScanDto): string {
  const compliance =
    summary === null ? '' : `: compliance ${percentText(summary.compliance)}, no threshold, no verdict`;
  return terminalText(`NONE    ${target.image}${compliance}`);
}

function outcomeOf(scan: ScanDto): Outcome {
  const threshold = scan.threshold === null ? null : parseThreshold(scan.threshold, 'strict');
  const bounds = threshold?.mode === 'strict' ? threshold.bounds.map(({ key }) => key) : [];
  return { verdict: scanVerdict(scan, true), mode: 'strict', bounds, errors: [], reports: [reportOf(scan)] };
}

function reportOf(scan: ScanDto): ReportOutcome {
  const report = scan.target.image;
  const { state, verdict, summary, breaches, failure } = scan;
  if (state === 'completed' && summary !== null && (verdict !== 'none' || scan.threshold === null))
    return { report, verdict: verdict === 'failed' ? 'failed' : 'passed', summary, breaches, notes: [] };
  const detail = failure === null ? `the scan is ${state}` : `${failure.code}: ${failure.message}`;
  return { report, verdict: 'error', error: { path: '$', detail } };
}

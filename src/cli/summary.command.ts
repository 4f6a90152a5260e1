import { basename } from 'node:path';
import { stringify } from 'yaml';
import { sumSummaries } from '../results/counts.js';
import type { EvaluationMode } from '../results/evaluation.js';
import type { StatusCounts, Summary } from '../results/summary.js';
import { percentText } from '../reports/export/labels.js';
import { markdownText } from '../reports/export/markdown-text.js';
import type { SummaryFormat } from './command-line.js';
import type { EvaluatedFile } from './report-file.js';
import { terminalText, textTable } from './text-table.js';

/** The counts of all reports of one profile, in the shape in which `saf summary` prints them. */
export interface ProfileSummary extends Summary {
  profileName: string;
  resultSets: string[];
}

const COLUMNS = ['passed', 'failed', 'skipped', 'no_impact', 'error'] as const;
const COLUMN_TITLES = ['Passed', 'Failed', 'Not Reviewed', 'Not Applicable', 'Error'];
const ROWS = ['total', 'critical', 'high', 'medium', 'low'] as const;

/** Groups reports by the name of their first profile. `strict` sums the counts and divides once; `saf` averages rounded percentages, as SAF does. */
export function summarize(files: readonly EvaluatedFile[], mode: EvaluationMode): ProfileSummary[] {
  const groups = new Map<string, EvaluatedFile[]>();
  for (const file of files) groups.set(file.profileName, [...(groups.get(file.profileName) ?? []), file]);
  return [...groups].map(([profileName, members]) => {
    const summaries = members.map(({ evaluation }) => evaluation.summary);
    const sum = sumSummaries(summaries, mode);
    const mean = summaries.reduce((total, { compliance }) => total + compliance, 0) / summaries.length;
    return {
      profileName,
      resultSets: members.map(({ path }) => basename(path)),
      ...sum,
      compliance: mode === 'saf' ? mean : sum.compliance,
    };
  });
}

/** The summaries as text, ending in a line end. */
export function formatSummaries(summaries: readonly ProfileSummary[], format: SummaryFormat): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(summaries, null, 2)}\n`;
    case 'yaml':
      return stringify(summaries);
    case 'markdown':
      return `${summaries.map(markdownTable).join('\n\n')}\n`;
    case 'table':
      return `${summaries.map(plainTable).join('\n\n')}\n`;
  }
}

function plainTable(summary: ProfileSummary): string {
  const heading = [
    terminalText(summary.profileName),
    `compliance ${percentText(summary.compliance)}, ${summary.controls} controls, ${summary.waived} waived`,
    `from ${summary.resultSets.map(terminalText).join(', ')}`,
  ];
  return `${heading.join('\n')}\n\n${textTable([['', ...COLUMN_TITLES], ...countRows(summary)])}`;
}

function markdownTable(summary: ProfileSummary): string {
  const head = [`Compliance: ${percentText(summary.compliance)}`, ...COLUMN_TITLES];
  const lines = [head, head.map((_, i) => (i === 0 ? ':---' : '---:')), ...countRows(summary)];
  return `# ${markdownText(summary.profileName)}\n\n${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}`;
}

function countRows(summary: ProfileSummary): string[][] {
  const rows = ROWS.map((row) => [title(row), ...COLUMNS.map((column) => String(countsOf(summary, column)[row]))]);
  return [...rows, ['None', ...COLUMNS.map((column) => String(countOfNone(countsOf(summary, column))))]];
}

/** Severity none has a count of its own in no_impact only; elsewhere it is what the others leave of the total. */
function countOfNone({ total, critical, high, medium, low }: StatusCounts): number {
  return total - critical - high - medium - low;
}

function countsOf(summary: Summary, column: (typeof COLUMNS)[number]): StatusCounts {
  return summary[column];
}

function title(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

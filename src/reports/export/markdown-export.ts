import { CONTROL_STATUSES } from '../../results/evaluation.js';
import { detailsOf, type ExportInput, type ControlDetail, worstFirst } from './export-input.js';
import { breachText, percentText, STATUS_LABELS } from './labels.js';
import { markdownBlock, markdownText } from './markdown-text.js';

const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;
/** GitHub takes 64 KiB for a comment and 1 MiB for a job summary; what is left out is counted. */
const MAX_CONTROLS = 200;

/** A summary table and what failed, for a pull request or a job's summary. */
export function* markdownExport(input: ExportInput): Generator<string> {
  const { evaluation, judgement, scan } = input;
  const names = [
    ...new Set(input.report.profiles.filter(({ parentProfile }) => parentProfile === null).map(({ name }) => name)),
  ];
  yield `# Compliance report\n\n`;
  if (scan !== null) yield `**Target:** ${markdownText(scan.target)}  \n`;
  yield `**Profile:** ${names.map(markdownText).join(', ') || 'none'}  \n`;
  if (scan !== null && scan.finishedAt !== null) yield `**Finished:** ${scan.finishedAt.toISOString()}  \n`;
  yield `**Compliance:** ${percentText(evaluation.summary.compliance)}`;
  yield judgement === null ? '\n\n' : `  \n**Verdict:** ${judgement.verdict}\n\n`;
  yield countsTable(input);
  yield* list('Broken bounds', judgement?.breaches.map(breachText) ?? []);
  yield* list('Notes', evaluation.notes);
  const details = worstFirst(detailsOf(input));
  yield* controlSection('Failed controls', details, 'failed');
  yield* controlSection('Controls with errors', details, 'error');
}

function countsTable({ evaluation: { summary } }: ExportInput): string {
  const rows = CONTROL_STATUSES.map((status) => {
    const counts = summary[status];
    const others = counts.total - SEVERITIES.reduce((sum, severity) => sum + counts[severity], 0);
    return [STATUS_LABELS[status], counts.total, ...SEVERITIES.map((severity) => counts[severity]), others].join(' | ');
  });
  return `| Status | Total | Critical | High | Medium | Low | None |\n| :--- | ---: | ---: | ---: | ---: | ---: | ---: |\n${rows.map((row) => `| ${row} |\n`).join('')}\n${summary.controls} controls, ${summary.waived} waived.\n`;
}

function* list(title: string, items: readonly string[]): Generator<string> {
  if (items.length === 0) return;
  yield `\n## ${title}\n\n`;
  for (const item of items) yield `- ${markdownText(item)}\n`;
}

function* controlSection(
  title: string,
  details: readonly ControlDetail[],
  status: 'failed' | 'error',
): Generator<string> {
  const members = details.filter(({ evaluated }) => evaluated.status === status);
  if (members.length === 0) return;
  yield `\n## ${title} (${members.length})\n`;
  for (const { evaluated } of members.slice(0, MAX_CONTROLS)) {
    const heading = [evaluated.controlId, evaluated.title ?? ''].filter((text) => text !== '').map(markdownText);
    yield `\n### ${heading.join(': ')}\n\n`;
    yield `${markdownText(evaluated.severity)}, impact ${evaluated.impact}, profile ${markdownText(evaluated.profileName)}\n\n`;
    if (evaluated.message !== null) yield `${markdownBlock(evaluated.message)}\n`;
  }
  if (members.length > MAX_CONTROLS) yield `\n… and ${members.length - MAX_CONTROLS} more.\n`;
}

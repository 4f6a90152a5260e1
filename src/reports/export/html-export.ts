import { createHash } from 'node:crypto';
import { CONTROL_STATUSES, type ControlStatus, type EvaluatedControl, SEVERITIES } from '../../results/evaluation.js';
import type { Summary } from '../../results/summary.js';
import type { Breach } from '../../thresholds/breach.js';
import { type ControlDetail, detailsOf, type ExportInput, worstFirst } from './export-input.js';
import { controlHtml } from './html-control.js';
import { HTML_SCRIPT } from './html-script.js';
import { HTML_STYLE } from './html-style.js';
import { htmlText } from './html-text.js';
import { breachText, percentText, STATUS_LABELS } from './labels.js';

/** From good to bad, and at the end what does not count. */
const BAR_ORDER: readonly ControlStatus[] = ['passed', 'skipped', 'error', 'failed', 'no_impact'];

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Only the page's own style and script run, by their hashes; nothing is loaded. Serve the page with this as its header too. */
export const HTML_CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(HTML_STYLE)}`,
  `script-src ${hashOf(HTML_SCRIPT)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** One page for a person: verdict, gauge, counts, filters, and every control with its tests; it needs nothing but itself. */
export function* htmlExport(input: ExportInput): Generator<string> {
  const title = input.scan?.target ?? input.report.profiles[0]?.name ?? 'report';
  yield `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n`;
  yield `<meta http-equiv="Content-Security-Policy" content="${htmlText(HTML_CONTENT_SECURITY_POLICY)}">\n`;
  yield `<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n`;
  yield `<title>Compliance of ${htmlText(title)}</title>\n<style>${HTML_STYLE}</style>\n</head>\n<body>\n<main>\n`;
  yield header(input, title);
  yield counts(input.evaluation.summary);
  yield list('Broken bounds', input.judgement?.breaches.map(breachHtml) ?? []);
  yield list('Notes', input.evaluation.notes.map(htmlText));
  const details = worstFirst(detailsOf(input));
  yield filters(details);
  yield '<div class="controls">\n';
  for (const detail of details) yield controlHtml(detail);
  yield `</div>\n<p class="nothing" hidden>No control fits these filters.</p>\n<footer>Written by Sidescan${footer(input)}. Compliance is passed / (passed + failed + not reviewed + error); what is not applicable is left out.</footer>\n`;
  yield `</main>\n<script>${HTML_SCRIPT}</script>\n</body>\n</html>\n`;
}

function header({ report, evaluation, judgement, scan }: ExportInput, title: string): string {
  const { summary } = evaluation;
  const platform = [report.platform.name, report.platform.release].filter((word) => word !== null).join(' ');
  const profiles = report.profiles.map(({ name, version }) => (version === null ? name : `${name} ${version}`));
  const facts: [string, string | null][] = [
    ['Profile', profiles.join(', ')],
    ['Platform', platform === '' ? null : platform],
    ['Scan', scan?.id ?? null],
    ['Finished', scan?.finishedAt ? timeText(scan.finishedAt) : null],
    ['Controls', `${summary.controls}${summary.waived > 0 ? `, ${summary.waived} of them waived` : ''}`],
  ];
  const rows = facts.flatMap(([name, value]) =>
    value === null || value === '' ? [] : `<dt>${name}</dt><dd>${htmlText(value)}</dd>`,
  );
  const verdict = judgement === null ? '' : `<p class="verdict ${judgement.verdict}">Verdict: ${judgement.verdict}</p>`;
  return `<header class="card overview"><div><h1>${breakable(title)}</h1><p class="dim">Compliance report</p>${verdict}<dl class="facts">${rows.join('')}</dl></div>${gauge(summary.compliance)}</header>\n`;
}

/** A reference may be broken behind its slashes and before its tag. */
function breakable(reference: string): string {
  return htmlText(reference).replace(/\/|(?=:[^/]*$)/g, '$&<wbr>');
}

/** To the second, for a person. */
function timeText(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A ring that is as full as the percentage; the colour says the same in steps. */
function gauge(percent: number): string {
  const radius = 52;
  const length = 2 * Math.PI * radius;
  const part = ((length * Math.min(100, Math.max(0, percent))) / 100).toFixed(2);
  const colour = percent >= 90 ? 'passed' : percent >= 60 ? 'medium' : 'failed';
  const text = percentText(percent);
  const ring = `cx="60" cy="60" r="${radius}"`;
  return `<svg class="gauge ${colour}" viewBox="0 0 120 120" role="img" aria-label="Compliance ${text}"><circle class="track" ${ring}/><circle class="part" ${ring} stroke-dasharray="${part} ${length.toFixed(2)}" transform="rotate(-90 60 60)"/><text x="60" y="64">${text}</text><text class="unit" x="60" y="79">compliance</text></svg>`;
}

function counts(summary: Summary): string {
  const named = SEVERITIES.filter((severity) => severity !== 'none');
  const row = (status: ControlStatus): string => {
    const counts = summary[status];
    const none = counts.total - named.reduce((sum, severity) => sum + counts[severity], 0);
    const cells = [counts.total, ...named.map((severity) => counts[severity]), none];
    return `<tr><th scope="row" class="${status}">${STATUS_LABELS[status]}</th>${cells.map((count) => `<td${count === 0 ? ' class="dim"' : ''}>${count}</td>`).join('')}</tr>`;
  };
  const head = ['Total', 'Critical', 'High', 'Medium', 'Low', 'None']
    .map((name) => `<th scope="col">${name}</th>`)
    .join('');
  return `<h2>Counts</h2>\n<div class="card scroll" tabindex="0" role="region" aria-label="Counts by status and severity">${bar(summary)}<table><thead><tr><th scope="col">Status</th>${head}</tr></thead><tbody>${CONTROL_STATUSES.map(row).join('')}</tbody></table></div>\n`;
}

function breachHtml(breach: Breach): string {
  return `<b>${htmlText(breach.key)}</b>${htmlText(breachText(breach).slice(breach.key.length))}`;
}

/** A list of items that are HTML already. */
function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  return `<h2>${title}</h2>\n<div class="card"><ul class="plain">${items.map((item) => `<li>${item}</li>`).join('')}</ul></div>\n`;
}

/** How the controls are shared out; the table below says it in numbers. */
function bar(summary: Summary): string {
  const shown = BAR_ORDER.filter((status) => summary[status].total > 0);
  let before = 0;
  const parts = shown.map((status) => {
    const width = (100 * summary[status].total) / summary.controls;
    const part = `<rect class="${status}" x="${before.toFixed(3)}" y="0" width="${width.toFixed(3)}" height="2"/>`;
    before += width;
    return part;
  });
  return `<svg class="bar" viewBox="0 0 100 2" preserveAspectRatio="none" aria-hidden="true">${parts.join('')}</svg>`;
}

/** Only of what there is. Hidden until the script runs: without it the boxes would do nothing. */
function filters(details: readonly ControlDetail[]): string {
  const count = (fits: (evaluated: EvaluatedControl) => boolean): number =>
    details.filter(({ evaluated }) => fits(evaluated)).length;
  const box = (name: string, value: string, label: string, controls: number): string =>
    controls === 0
      ? ''
      : `<label class="${value}"><input type="checkbox" name="${name}" value="${value}" checked>${label} <span class="count">${controls}</span></label>`;
  const statuses = CONTROL_STATUSES.map((status) =>
    box(
      'status',
      status,
      STATUS_LABELS[status],
      count((control) => control.status === status),
    ),
  );
  const severities = SEVERITIES.map((severity) =>
    box(
      'severity',
      severity,
      severity,
      count((control) => control.severity === severity),
    ),
  );
  const search =
    '<input type="search" name="search" aria-label="Search in all texts of the controls" placeholder="Search in all texts ( / )">';
  const buttons = `<button type="button" name="problems" aria-pressed="false">Only problems</button><button type="button" name="open">Open all</button><button type="button" name="close">Close all</button>`;
  return `<h2>Controls</h2>\n<form class="card" hidden role="search" aria-label="Filters">${search}${buttons}<output aria-live="polite">${details.length} controls</output><fieldset><legend>Status</legend>${statuses.join('')}</fieldset><fieldset class="severities"><legend>Severity</legend>${severities.join('')}</fieldset></form>\n`;
}

function footer({ report }: ExportInput): string {
  return report.version === null ? '' : ` from a report of CINC Auditor ${htmlText(report.version)}`;
}

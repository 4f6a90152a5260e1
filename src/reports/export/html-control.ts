import { resultMessage } from '../../results/control-message.js';
import type { ReportResult } from '../../results/report.js';
import { type ControlDetail, tagWords, textLabelled } from './export-input.js';
import { htmlText } from './html-text.js';
import { STATUS_LABELS } from './labels.js';

/** A control with tens of thousands of tests would make a page that no browser opens. */
const MAX_TESTS = 200;
const MAX_TEXT = 32 * 1024;

/** One control, closed: its status, severity and title, and inside its tests and texts. */
export function controlHtml(detail: ControlDetail): string {
  const { evaluated, control } = detail;
  const waived = evaluated.waived ? '<span class="mark">waived</span>' : '';
  const title = `<span class="title"><b>${htmlText(evaluated.controlId)}</b>${htmlText(evaluated.title ?? '')}${waived}</span>`;
  const heading = `<span class="status ${evaluated.status}">${STATUS_LABELS[evaluated.status]}</span><span class="severity ${evaluated.severity}">${evaluated.severity}</span>${title}`;
  const body = [
    control.broken === null ? '' : prose('The report is wrong here', control.broken),
    evaluated.waived ? prose('Waiver', control.waiver?.justification ?? 'no reason given') : '',
    tests(control.results),
    prose('Description', control.desc),
    prose('Check', textLabelled(control, 'check')),
    prose('Fix', textLabelled(control, 'fix')),
    facts(detail),
    code(control.code),
  ];
  return `<details class="${evaluated.status}" data-status="${evaluated.status}" data-severity="${evaluated.severity}"><summary>${heading}</summary><div class="body">${body.join('')}</div></details>\n`;
}

function tests(results: readonly ReportResult[]): string {
  if (results.length === 0) return '<h3>Tests</h3><p>No test of this control ran.</p>';
  const worst = results.toSorted((a, b) => rank(a) - rank(b)).slice(0, MAX_TESTS);
  const more = results.length > worst.length ? `<p>… and ${results.length - worst.length} more</p>` : '';
  return `<h3>Tests</h3><ol class="tests">${worst.map(testHtml).join('')}</ol>${more}`;
}

function testHtml(result: ReportResult): string {
  const status = result.broke ? 'error' : (result.status ?? 'error');
  const text = status === 'passed' ? htmlText(result.codeDesc) : `<pre>${htmlText(cut(resultMessage(result)))}</pre>`;
  return `<li><b class="${status}">${status}</b> ${text}</li>`;
}

/** What did not pass comes first. */
function rank({ broke, status }: ReportResult): number {
  return broke ? 0 : ['error', null, 'failed', 'skipped', 'passed'].indexOf(status);
}

function prose(name: string, text: string | null): string {
  if (text === null || text.trim() === '') return '';
  return `<h3>${name}</h3><div class="prose">${htmlText(cut(dedent(text.trim())))}</div>`;
}

/** Profiles indent their texts as they do their code: what all lines after the first share is taken away. */
function dedent(text: string): string {
  const indents = text
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '')
    .map((line) => line.length - line.trimStart().length);
  const shared = indents.reduce((least, indent) => Math.min(least, indent), Infinity);
  return Number.isFinite(shared) && shared > 0 ? text.replaceAll(`\n${' '.repeat(shared)}`, '\n') : text;
}

function code(text: string | null): string {
  if (text === null || text.trim() === '') return '';
  return `<h3>Code</h3><pre>${htmlText(cut(text))}</pre>`;
}

function facts({ evaluated, control }: ControlDetail): string {
  const { ref, line } = control.source;
  const rows: [string, string][] = [
    ['Profile', evaluated.profileName],
    ['Impact', control.impact === null ? '' : String(control.impact)],
    ['NIST', tagWords(control, 'nist').join(', ')],
    ['CCI', tagWords(control, 'cci').join(', ')],
    ['Source', ref === null ? '' : `${ref}${line === null ? '' : `:${line}`}`],
  ];
  const present = rows
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `<dt>${name}</dt><dd>${htmlText(value)}</dd>`);
  return `<dl class="facts">${present.join('')}</dl>`;
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

import { resultMessage } from '../../results/control-message.js';
import type { ControlStatus } from '../../results/evaluation.js';
import { detailsOf, type ControlDetail, type ExportInput } from './export-input.js';
import { breachText } from './labels.js';
import { xmlAttribute, xmlText } from './xml-text.js';

const MAX_BODY = 16 * 1024;
const OUTCOMES: Readonly<Record<ControlStatus, 'failure' | 'error' | 'skipped' | null>> = {
  passed: null,
  failed: 'failure',
  error: 'error',
  skipped: 'skipped',
  no_impact: 'skipped',
};

/** JUnit as GitLab and Jenkins read it: one suite a profile, one case a control, a failure for each failed one. */
export function* junitExport(input: ExportInput): Generator<string> {
  const profiles = new Map<string, ControlDetail[]>();
  for (const detail of detailsOf(input)) {
    const { profileName } = detail.evaluated;
    const members = profiles.get(profileName);
    if (members === undefined) profiles.set(profileName, [detail]);
    else members.push(detail);
  }
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${xmlAttribute(input.scan?.target ?? 'sidescan')}">\n`;
  for (const [name, details] of profiles) {
    yield suiteStart(name, details, input);
    for (const detail of details) yield testcase(name, detail);
    yield '  </testsuite>\n';
  }
  yield '</testsuites>\n';
}

function suiteStart(name: string, details: readonly ControlDetail[], input: ExportInput): string {
  const count = (outcome: string): number =>
    details.filter(({ evaluated }) => OUTCOMES[evaluated.status] === outcome).length;
  const attributes = {
    name: nonEmpty(name),
    tests: String(details.length),
    failures: String(count('failure')),
    errors: String(count('error')),
    skipped: String(count('skipped')),
    time: secondsText(details.reduce((sum, { control }) => sum + secondsOf(control.results), 0)),
    ...timestampOf(details),
  };
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${xmlAttribute(value)}"`);
  return `  <testsuite${written.join('')}>\n${properties(input)}`;
}

function properties({ scan, judgement, evaluation, report }: ExportInput): string {
  const facts: [string, string | null][] = [
    ['target', scan?.target ?? null],
    ['scan', scan?.id ?? null],
    ['platform', [report.platform.name, report.platform.release].filter((word) => word !== null).join(' ') || null],
    ['verdict', judgement?.verdict ?? null],
    ...(judgement?.breaches ?? []).map((breach): [string, string] => ['breach', breachText(breach)]),
    ...evaluation.notes.map((note): [string, string] => ['note', note]),
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === null ? [] : [`      <property name="${name}" value="${xmlAttribute(value)}"/>\n`],
  );
  return lines.length === 0 ? '' : `    <properties>\n${lines.join('')}    </properties>\n`;
}

function testcase(suite: string, { evaluated, control }: ControlDetail): string {
  const name =
    evaluated.title === null || evaluated.title === ''
      ? evaluated.controlId
      : `${evaluated.controlId}: ${evaluated.title}`;
  const time = secondsText(secondsOf(control.results));
  const open = `    <testcase classname="${xmlAttribute(nonEmpty(suite))}" name="${xmlAttribute(nonEmpty(name))}" time="${time}"`;
  const outcome = OUTCOMES[evaluated.status];
  if (outcome === null) return `${open}/>\n`;
  const message = evaluated.waived
    ? `Waived: ${control.waiver?.justification ?? 'no reason given'}`
    : firstLine(evaluated.message ?? '');
  const problem = ` message="${xmlAttribute(message)}" type="${xmlAttribute(evaluated.severity)}"`;
  return `${open}>\n      <${outcome}${problem}>${xmlText(bodyOf(control.results))}</${outcome}>\n    </testcase>\n`;
}

function bodyOf(results: ControlDetail['control']['results']): string {
  const lines: string[] = [];
  let length = 0;
  for (const result of results) {
    const line = `[${result.broke ? 'error' : (result.status ?? 'no status')}] ${resultMessage(result)}`;
    if (length + line.length > MAX_BODY) return [...lines, line.slice(0, MAX_BODY - length), '… and more'].join('\n');
    lines.push(line);
    length += line.length;
  }
  return lines.join('\n');
}

function secondsOf(results: ControlDetail['control']['results']): number {
  return results.reduce((sum, { runTime }) => sum + Math.max(0, runTime ?? 0), 0);
}

/** Never in exponents, which XML's decimal does not know. */
function secondsText(seconds: number): string {
  return Math.min(seconds, 1e9).toFixed(6);
}

function timestampOf(details: readonly ControlDetail[]): { timestamp?: string } {
  const times = details
    .flatMap(({ control }) => control.results.map(({ startTime }) => Date.parse(startTime ?? '')))
    .filter(Number.isFinite);
  if (times.length === 0) return {};
  return { timestamp: new Date(times.reduce((first, time) => Math.min(first, time))).toISOString() };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function nonEmpty(text: string): string {
  return text === '' ? '(no name)' : text;
}

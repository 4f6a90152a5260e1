import type { Breach } from '../thresholds/breach.js';
import { breachText, percentText } from '../reports/export/labels.js';
import { xmlAttribute, xmlText } from '../reports/export/xml-text.js';
import type { EvaluateFormat } from './command-line.js';
import type { Outcome, ReportOutcome } from './evaluate.command.js';
import { terminalText } from './text-table.js';

/** The outcome as text, ending in a line end. */
export function formatOutcome(outcome: Outcome, format: EvaluateFormat): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify({ ...outcome, bounds: undefined }, null, 2)}\n`;
    case 'junit':
      return junit(outcome);
    case 'table':
      return `${[...outcome.errors.map(({ key, detail }) => thresholdLine(key, detail)), ...outcome.reports.flatMap(reportLines)].join('\n')}\n`;
  }
}

function thresholdLine(key: string, detail: string): string {
  return terminalText(`ERROR   threshold: ${key === '' ? '' : `${key} `}${detail}`);
}

function reportLines(outcome: ReportOutcome): string[] {
  const heading = `${outcome.verdict.toUpperCase().padEnd(6)}  ${outcome.report}`;
  if (outcome.verdict === 'error') return [terminalText(`${heading}: ${errorText(outcome.error)}`)];
  const { summary, breaches } = outcome;
  const counts = `passed ${summary.passed.total}, failed ${summary.failed.total}, skipped ${summary.skipped.total}, not applicable ${summary.no_impact.total}, error ${summary.error.total}`;
  return [
    `${heading}: compliance ${percentText(summary.compliance)}, ${counts}`,
    ...breaches.map((breach) => `        ${breachText(breach)}`),
  ].map(terminalText);
}

function errorText({ path, detail }: { path: string; detail: string }): string {
  return path === '$' ? detail : `${path}: ${detail}`;
}

/** One suite a report and one case a bound, so that a build server is green exactly when the verdict is `passed`. */
function junit(outcome: Outcome): string {
  const suites =
    outcome.errors.length > 0
      ? [
          suite('threshold', [
            errorCase(
              'threshold',
              outcome.errors.map(({ key, detail }) => `${key} ${detail}`.trim()),
            ),
          ]),
        ]
      : [];
  for (const report of outcome.reports) {
    if (report.verdict === 'error') suites.push(suite(report.report, [errorCase('report', [errorText(report.error)])]));
    else suites.push(suite(report.report, boundCases(report.report, report.breaches, outcome.bounds)));
  }
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="sidescan evaluate">\n${suites.join('')}</testsuites>\n`;
}

interface JunitCase {
  kind: 'passed' | 'failure' | 'error';
  xml: string;
}

function boundCases(report: string, breaches: readonly Breach[], bounds: readonly string[]): JunitCase[] {
  const broken = new Map(breaches.map((breach) => [breach.key, breach]));
  const names = [...breaches.map(({ key }) => key), ...bounds.filter((key) => !broken.has(key))];
  return (names.length === 0 ? ['threshold'] : names).map((name) => {
    const breach = broken.get(name);
    const open = `    <testcase classname="${xmlAttribute(report)}" name="${xmlAttribute(name)}"`;
    if (breach === undefined) return { kind: 'passed', xml: `${open}/>\n` };
    const text = breachText(breach);
    const body = [text, ...breach.controls].join('\n');
    return {
      kind: 'failure',
      xml: `${open}>\n      <failure message="${xmlAttribute(text)}" type="breach">${xmlText(body)}</failure>\n    </testcase>\n`,
    };
  });
}

function errorCase(name: string, lines: readonly string[]): JunitCase {
  const text = xmlText(lines.join('\n'));
  return {
    kind: 'error',
    xml: `    <testcase classname="sidescan" name="${name}">\n      <error message="${xmlAttribute(lines[0] ?? '')}" type="unreadable">${text}</error>\n    </testcase>\n`,
  };
}

function suite(name: string, cases: readonly JunitCase[]): string {
  const count = (kind: JunitCase['kind']): number => cases.filter((one) => one.kind === kind).length;
  const counts = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="0"`;
  return `  <testsuite name="${xmlAttribute(name)}" ${counts}>\n${cases.map(({ xml }) => xml).join('')}  </testsuite>\n`;
}

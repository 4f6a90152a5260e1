import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../src/results/evaluate.js';
import type { ControlStatus, Evaluation } from '../../../src/results/evaluation.js';
import { type Line, linesOf, rootOf } from '../../../src/results/lineage.js';
import { parseReport, ReportError } from '../../../src/results/parse-report.js';
import { severityOf } from '../../../src/results/severity.js';
import { statusOf } from '../../../src/results/status.js';
import { parseThreshold, ThresholdError, type ThresholdGrammar } from '../../../src/thresholds/parse-threshold.js';
import { judge } from '../../../src/thresholds/judge.js';
import { allSamples, type Sample, type ThresholdRow } from './samples.js';

const SAF_NAMES: Record<ControlStatus, string> = {
  passed: 'Passed',
  failed: 'Failed',
  skipped: 'Not Reviewed',
  error: 'Profile Error',
  no_impact: 'Not Applicable',
};
const samples = allSamples();
const readable = samples.filter(({ expected }) => expected.readable_by_saf);

function safEvaluation({ bytes }: Sample): Evaluation | null {
  try {
    return evaluate(parseReport(bytes), 'saf');
  } catch (error) {
    if (error instanceof ReportError) return null;
    throw error;
  }
}

function safDecision(evaluation: Evaluation | null, row: ThresholdRow, grammar: ThresholdGrammar): ThresholdRow['saf'] {
  const text = typeof row.threshold === 'string' ? row.threshold : row.threshold.yaml;
  try {
    const threshold = parseThreshold(text, 'saf', grammar);
    if (evaluation === null) return 'error-exit0';
    return judge(evaluation, threshold, 'saf').verdict === 'passed' ? 'pass' : 'fail';
  } catch (error) {
    if (error instanceof ThresholdError) return 'error-exit0';
    throw error;
  }
}

function wrongDecisions(sample: Sample, grammarOf: (row: ThresholdRow) => ThresholdGrammar): object[] {
  const evaluation = safEvaluation(sample);
  return sample.expected.thresholds
    .map((row) => ({ id: row.id, expected: row.saf, actual: safDecision(evaluation, row, grammarOf(row)) }))
    .filter(({ expected, actual }) => expected !== actual);
}

describe('the published answers', () => {
  test('are all there', () => {
    expect(samples).toHaveLength(52);
    expect(readable).toHaveLength(47);
    expect(samples.reduce((sum, { expected }) => sum + expected.thresholds.length, 0)).toBe(7747);
  });

  test.each(samples)('$name: every threshold decision of the SAF CLI', (sample) => {
    expect(wrongDecisions(sample, (row) => row.kind)).toEqual([]);
  });

  test.each(samples)('$name: the same decisions if the grammar is not told', (sample) => {
    expect(wrongDecisions(sample, () => 'any')).toEqual([]);
  });

  test.each(readable)('$name: status, severity, root and waiver of every control', ({ bytes, expected }) => {
    const report = parseReport(bytes);
    const lines = linesOf(report, 'saf', []);
    const roots = new Map<Line, Line>();
    const extendedBy = new Map<unknown, number>();
    for (const { base } of lines) if (base !== null) extendedBy.set(base, (extendedBy.get(base) ?? 0) + 1);
    const rows = lines.map((line) => {
      const root = rootOf(line, roots);
      return [
        line.profile,
        line.data.id,
        SAF_NAMES[statusOf(line.data, 'saf')],
        severityOf(line.data, 'saf'),
        extendedBy.get(line) ?? 0,
        root.profile,
        SAF_NAMES[statusOf(root.data, 'saf')],
        severityOf(root.data, 'saf'),
        line.data.waiver?.skipped === true ? 1 : 0,
      ];
    });
    expect(rows).toEqual(expected.controls);
  });

  test.each(readable)('$name: the summary of the SAF CLI', ({ bytes, expected }) => {
    const { summary } = evaluate(parseReport(bytes), 'saf');
    expect(expected.saf_summary?.[0]).toMatchObject({
      compliance: summary.compliance,
      passed: summary.passed,
      failed: summary.failed,
      skipped: summary.skipped,
      error: summary.error,
      no_impact: summary.no_impact,
    });
  });
});

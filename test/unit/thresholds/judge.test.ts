import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../src/results/evaluate.js';
import type { Evaluation } from '../../../src/results/evaluation.js';
import { parseReport } from '../../../src/results/parse-report.js';
import { judge, type Breach, type Judgement } from '../../../src/thresholds/judge.js';
import { parseThreshold, ThresholdError } from '../../../src/thresholds/parse-threshold.js';
import { control, profile, report, strictly } from '../results/report.factory.js';
import { sampleReport } from '../results/samples.js';

const mixed = strictly(
  control('p1', ['passed'], { impact: 0.9 }),
  control('p2', ['passed']),
  control('f1', ['failed'], { impact: 0.7 }),
  control('f2', ['failed'], { impact: 0.7 }),
  control('s1', ['skipped']),
  control('e1', ['error'], { impact: 0.3 }),
  control('n1', ['passed'], { impact: 0 }),
  control('n2', ['skipped'], { impact: 0.7, waiver_data: { skipped_due_to_waiver: true } }),
);

const strict = (threshold: unknown, evaluation = mixed): Judgement =>
  judge(evaluation, parseThreshold(threshold, 'strict'), 'strict');
const saf = (threshold: unknown, name: string): Judgement =>
  judge(evaluate(parseReport(sampleReport(name)), 'saf'), parseThreshold(threshold, 'saf'), 'saf');

describe('strict', () => {
  test.each<[string, Breach | null]>([
    ['compliance.min: 33.33', null],
    [
      'compliance.min: 34',
      { key: 'compliance.min', expected: 34, actual: 100 / 3, controls: ['f1', 'f2', 's1', 'e1'] },
    ],
    ['compliance.max: 33.34', null],
    ['compliance.max: 33', { key: 'compliance.max', expected: 33, actual: 100 / 3, controls: ['p1', 'p2'] }],
    ['compliance.max: 0', { key: 'compliance.max', expected: 0, actual: 100 / 3, controls: ['p1', 'p2'] }],
    ['failed.total: 2', null],
    ['failed.total: 3', { key: 'failed.total', expected: 3, actual: 2, controls: ['f1', 'f2'] }],
    ['failed.total.max: 1', { key: 'failed.total.max', expected: 1, actual: 2, controls: ['f1', 'f2'] }],
    ['passed.total.min: 3', { key: 'passed.total.min', expected: 3, actual: 2, controls: ['p1', 'p2'] }],
    ['passed.critical.min: 1', null],
    ['passed.total.min: 1', null],
    ['passed.total.max: 3', null],
    ['failed.high.max: 1', { key: 'failed.high.max', expected: 1, actual: 2, controls: ['f1', 'f2'] }],
    ['error.low.max: 0', { key: 'error.low.max', expected: 0, actual: 1, controls: ['e1'] }],
    ['no_impact.total.max: 1', { key: 'no_impact.total.max', expected: 1, actual: 2, controls: ['n1', 'n2'] }],
    ['no_impact.total.min: 3', { key: 'no_impact.total.min', expected: 3, actual: 2, controls: ['n1', 'n2'] }],
    ['no_impact.none.max: 0', { key: 'no_impact.none.max', expected: 0, actual: 1, controls: ['n1'] }],
    ['failed.high.controls: [f2, f1]', null],
    [
      'failed.high.controls: [f1]',
      { key: 'failed.high.controls', expected: ['f1'], actual: ['f1', 'f2'], controls: ['f2'] },
    ],
    [
      'failed.high.controls: [f1, f2, x]',
      { key: 'failed.high.controls', expected: ['f1', 'f2', 'x'], actual: ['f1', 'f2'], controls: ['x'] },
    ],
    [
      'failed.high.controls: [f1, p1]',
      { key: 'failed.high.controls', expected: ['f1', 'p1'], actual: ['f1', 'f2'], controls: ['p1', 'f2'] },
    ],
    [
      'failed.high.controls: [f1, f1]',
      { key: 'failed.high.controls', expected: ['f1', 'f1'], actual: ['f1', 'f2'], controls: ['f1', 'f2'] },
    ],
    ['failed.low.controls: []', null],
  ])('%s', (threshold, breach) => {
    expect(strict(threshold)).toEqual({
      verdict: breach === null ? 'passed' : 'failed',
      breaches: breach === null ? [] : [breach],
    });
  });

  test('every breach is told, in one order', () => {
    const { verdict, breaches } = strict(
      'failed.high.max: 0\nerror.total.max: 0\ncompliance.min: 90\nskipped.total: 0\npassed.total.min: 9\n',
    );
    expect(verdict).toBe('failed');
    expect(breaches.map(({ key }) => key)).toEqual([
      'compliance.min',
      'skipped.total',
      'passed.total.min',
      'error.total.max',
      'failed.high.max',
    ]);
  });

  test.each([
    ['99.6', 'passed'],
    ['99.60', 'passed'],
    ['99.61', 'failed'],
    ['99.6000000001', 'failed'],
    ['100', 'failed'],
    ['1.0e-7', 'passed'],
  ])('compliance is compared exactly: 249 of 250 and min %s', (min, verdict) => {
    const evaluation = evaluate(parseReport(sampleReport('quirk-38_rounds_up_99.6')), 'strict');
    expect(strict(`compliance.min: ${min}`, evaluation).verdict).toBe(verdict);
  });

  const share = (passed: number, failed: number): Evaluation =>
    strictly(
      ...Array.from({ length: passed }, (_, i) => control(`p${i}`, ['passed'])),
      ...Array.from({ length: failed }, (_, i) => control(`f${i}`, ['failed'])),
    );

  test.each<[string, number, number, string]>([
    ['compliance.max: 99.6', 249, 1, 'passed'],
    ['compliance.max: 99.59', 249, 1, 'failed'],
    ['compliance.min: 0.1', 1, 999, 'passed'],
    ['compliance.max: 0.1', 1, 999, 'passed'],
    ['compliance.min: 0.100000000000001', 1, 999, 'failed'],
    ['compliance.min: 0.0000001', 0, 1, 'failed'],
    ['compliance.min: 100', 3, 0, 'passed'],
    ['compliance.max: 0', 0, 3, 'passed'],
  ])('%s of %d passed and %d failed', (threshold, passed, failed, verdict) => {
    expect(strict(threshold, share(passed, failed)).verdict).toBe(verdict);
  });

  test('where nothing applies, compliance is 0', () => {
    const none = strictly(control('a', ['passed'], { impact: 0 }));
    const keys = (threshold: string): string[] => strict(threshold, none).breaches.map(({ key }) => key);
    expect(keys('compliance: {min: 0, max: 0}')).toEqual(['tested']);
    expect(keys('compliance.min: 0.1')).toEqual(['tested', 'compliance.min']);
  });

  test('an id that stands twice is listed twice', () => {
    const twice = strictly(control('a', ['failed']), control('a', ['failed']), control('b', ['failed']));
    const listed = (ids: string): string[][] =>
      strict(`failed.medium.controls: [${ids}]`, twice).breaches.map(({ controls }) => controls);
    expect(listed('a, b, a')).toEqual([]);
    expect(listed('a, b')).toEqual([['a']]);
    expect(listed('a, a, a, b')).toEqual([['a']]);
    expect(listed('b, b')).toEqual([['b', 'a', 'a']]);
  });

  test.each([
    ['live-emptyp', 'no controls'],
    ['live-winonly', 'unsupported platform'],
    ['live-loaderr', 'the profile did not load'],
    ['quirk-17_profile_failed_load', 'the profile did not load'],
  ])('%s never passes: %s', (name) => {
    const evaluation = evaluate(parseReport(sampleReport(name)), 'strict');
    const lenient = 'compliance.min: 0\nfailed.total.max: 1000\nerror.total.max: 1000\nskipped.total.max: 1000\n';
    expect(strict(lenient, evaluation)).toEqual({
      verdict: 'failed',
      breaches: [{ key: 'tested', expected: 1, actual: 0, controls: [] }],
    });
  });
});

describe('what strict says otherwise than saf', () => {
  test.each<[string, string, string, string, string]>([
    ['99.6 % is not 100', 'quirk-38_rounds_up_99.6', 'compliance.min: 100', 'passed', 'failed'],
    ['an empty profile', 'live-emptyp', 'failed.total.max: 0', 'passed', 'failed'],
    ['compliance.max: 0 counts', 'quirk-01_all_statuses', 'compliance.max: 0', 'passed', 'failed'],
    ['no_impact.total.max counts', 'quirk-01_all_statuses', 'no_impact.total.max: 0', 'passed', 'failed'],
    ['no_impact.total.min counts', 'quirk-01_all_statuses', 'no_impact.total.min: 2', 'passed', 'failed'],
    ['all profiles count', 'live-two', 'failed.total.max: 0', 'passed', 'failed'],
    ['a doubled id hides nothing', 'quirk-06_dup2', 'failed.total.max: 0', 'passed', 'failed'],
    ['a severity in capitals counts', 'quirk-03_severity_tags', 'failed.critical.max: 0', 'passed', 'failed'],
    ['only_applicable_if is no error', 'live-mixed', 'error.total.max: 5', 'failed', 'passed'],
    ['an empty list is an empty bucket', 'quirk-01_all_statuses', 'passed: {low: {controls: []}}', 'failed', 'passed'],
    [
      'both flat bounds of a bucket count',
      'quirk-01_all_statuses',
      'passed.total.min: 2\npassed.total.max: 3',
      'passed',
      'failed',
    ],
  ])('%s', (_name, sample, threshold, inSaf, inStrict) => {
    expect(saf(threshold, sample).verdict).toBe(inSaf);
    expect(strict(threshold, evaluate(parseReport(sampleReport(sample)), 'strict')).verdict).toBe(inStrict);
  });

  test.each([
    '{}',
    '5',
    '- 1',
    'failed.high: 7',
    'complaince.min: 101',
    'failed.total.max: "0"',
    'compliance.min: 101',
  ])('saf judges by %j, strict calls it an error', (threshold) => {
    expect(() => saf(threshold, 'live-allpass')).not.toThrow();
    expect(() => strict(threshold)).toThrow(ThresholdError);
  });
});

describe('saf', () => {
  test('tells the first breach only, with the controls behind it', () => {
    expect(saf('failed.high.max: 0\ncompliance.min: 90\n', 'quirk-01_all_statuses').breaches).toEqual([
      { key: 'compliance.min', expected: 90, actual: 20, controls: ['high-fail', 'med-skip', 'low-err', 'empty'] },
    ]);
    expect(saf('failed: {high: {controls: [x]}}', 'quirk-01_all_statuses').breaches).toEqual([
      { key: 'failed.high.controls', expected: ['x'], actual: ['high-fail'], controls: ['x', 'high-fail'] },
    ]);
  });

  // As @mitre/saf 1.6 answers them: lodash finds a key that has its dots in it, and flat keys are made nested only if all of them are numbers.
  test.each<[string, string, string[]]>([
    ['beside a list', 'failed.total.max: 0\npassed.low.controls: [x]', ['failed.total.max']],
    ['the list itself', 'passed.low.controls: [x]', ['passed.low.controls']],
    ['compliance, which SAF reads otherwise', 'compliance.min: 100\npassed.total.max: {}', []],
    ['before a nested one', 'failed.total: {}\nfailed.total.max: 0\nfailed: {total: {max: 99}}', ['failed.total.max']],
  ])('a flat key that is not all numbers counts: %s', (_name, threshold, keys) => {
    expect(saf(threshold, 'quirk-01_all_statuses').breaches.map(({ key }) => key)).toEqual(keys);
  });

  test('what makes SAF crash is an error', () => {
    expect(() => saf('failed: {high: {controls: 5}}', 'quirk-01_all_statuses')).toThrow(ThresholdError);
  });
});

test('modes are not mixed', () => {
  const evaluation = evaluate(
    parseReport(JSON.stringify(report([profile('base', [control('a', ['passed'])])]))),
    'saf',
  );
  expect(() => judge(evaluation, parseThreshold('compliance.min: 1', 'strict'), 'strict')).toThrow(TypeError);
  expect(() => judge(evaluation, parseThreshold('compliance.min: 1', 'saf'), 'strict')).toThrow(TypeError);
});

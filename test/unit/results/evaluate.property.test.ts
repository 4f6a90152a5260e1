import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../src/results/evaluate.js';
import { CONTROL_STATUSES, type Evaluation, SEVERITIES } from '../../../src/results/evaluation.js';
import { parseReport, ReportError } from '../../../src/results/parse-report.js';
import { judge } from '../../../src/thresholds/judge.js';
import { parseThreshold } from '../../../src/thresholds/parse-threshold.js';
import { control, profile, report, result } from './report.factory.js';
import { sampleReport } from './samples.js';

const resultArb = fc
  .record({
    status: fc.constantFrom('passed', 'failed', 'skipped', 'error', undefined),
    backtrace: fc.option(fc.constantFrom([], ['a.rb:1']), { freq: 8 }),
    resourceClass: fc.constantFrom('file', 'noop', undefined),
  })
  .map(({ status, backtrace, resourceClass }) => result(status, { backtrace, resource_class: resourceClass }));

const controlArb = fc
  .record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'constructor', 'e/f.g'),
    impact: fc.constantFrom(0, 0.1, 0.3, 0.5, 0.7, 0.9, 1),
    severity: fc.constantFrom(undefined, 'High', 'low', 'none', 'urgent'),
    results: fc.array(resultArb, { maxLength: 3 }),
    waived: fc.boolean(),
  })
  .map(({ id, impact, severity, results, waived }) =>
    control(id, [], {
      impact,
      results,
      tags: { severity },
      waiver_data: waived ? { skipped_due_to_waiver: true } : {},
    }),
  );

const reportArb = fc
  .array(
    fc.tuple(
      fc.constantFrom('p', 'q', 'r'),
      fc.option(fc.constantFrom('p', 'q', 'r')),
      fc.array(controlArb, { maxLength: 6 }),
    ),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((profiles) => profiles.map(([name, parent, controls]) => profile(name, controls, { parent_profile: parent })));

const strictly = (profiles: unknown[]): Evaluation => evaluate(parseReport(JSON.stringify(report(profiles))), 'strict');

describe('evaluation', () => {
  test('controls in any order give the same counts', () => {
    const shuffled = fc
      .array(controlArb, { maxLength: 12 })
      .chain((controls) =>
        fc.tuple(
          fc.constant(controls),
          fc.shuffledSubarray(controls, { minLength: controls.length, maxLength: controls.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([controls, others]) => {
        expect(strictly([profile('p', others)]).summary).toEqual(strictly([profile('p', controls)]).summary);
      }),
    );
  });

  test('every total is the sum of its parts, and compliance follows from the totals', () => {
    fc.assert(
      fc.property(reportArb, (profiles) => {
        const { summary, compliance, controls } = strictly(profiles);
        const count = (status: string, severity: string): number =>
          controls.filter((one) => one.status === status && one.severity === severity).length;
        for (const status of CONTROL_STATUSES) {
          expect(summary[status].total).toBe(SEVERITIES.reduce((sum, severity) => sum + count(status, severity), 0));
          expect(summary[status].high).toBe(count(status, 'high'));
        }
        expect(CONTROL_STATUSES.reduce((sum, status) => sum + summary[status].total, 0)).toBe(summary.controls);
        expect(compliance).toEqual({
          numerator: summary.passed.total,
          denominator: summary.controls - summary.no_impact.total,
        });
        expect(summary.compliance).toBeGreaterThanOrEqual(0);
        expect(summary.compliance).toBeLessThanOrEqual(100);
      }),
    );
  });

  test('whatever the links, no control is lost: each is counted or taken over by one that is', () => {
    fc.assert(
      fc.property(reportArb, (profiles) => {
        const ids = new Set(
          (profiles as { controls: { id: string }[] }[]).flatMap(({ controls }) => controls.map(({ id }) => id)),
        );
        expect(new Set(strictly(profiles).controls.map(({ controlId }) => controlId))).toEqual(ids);
      }),
    );
  });

  test('a further failed control never improves a verdict', () => {
    const bounds = fc.record({
      'compliance.min': fc.integer({ min: 0, max: 100 }),
      'passed.total.min': fc.integer({ min: 0, max: 3 }),
      'failed.total.max': fc.integer({ min: 0, max: 3 }),
      'failed.medium.max': fc.integer({ min: 0, max: 2 }),
      'error.total.max': fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(reportArb, bounds, fc.constantFrom('a', 'b', 'new'), fc.nat(3), (profiles, document, id, where) => {
        const threshold = parseThreshold(document, 'strict');
        const before = judge(
          strictly([profile('unlinked', [control('z', ['passed'])]), ...profiles]),
          threshold,
          'strict',
        );
        const added = profile('unlinked', [control('z', ['passed']), control(id, ['failed'])]);
        const after = judge(
          strictly([...profiles.slice(0, where), added, ...profiles.slice(where)]),
          threshold,
          'strict',
        );
        if (before.verdict === 'failed') expect(after.verdict).toBe('failed');
      }),
    );
  });

  test('a report cut off anywhere is an error', () => {
    const text = sampleReport('live-overlay').toString();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.trimEnd().length - 1 }), (end) => {
        expect(() => parseReport(text.slice(0, end))).toThrow(ReportError);
      }),
    );
  });

  test('any JSON is read, or refused with a reason; nothing else is thrown', () => {
    const anyControls = fc.array(
      fc.oneof(
        controlArb,
        fc.jsonValue(),
        fc.dictionary(fc.constantFrom('id', 'impact', 'results', 'tags'), fc.jsonValue()),
      ),
    );
    const documents = fc.oneof(
      fc.jsonValue(),
      fc.record({ profiles: fc.jsonValue() }),
      anyControls.map((controls) => report([{ name: 'p', controls }])),
    );
    fc.assert(
      fc.property(documents, fc.constantFrom('strict' as const, 'saf' as const), (document, mode) => {
        try {
          const { summary, controls } = evaluate(parseReport(JSON.stringify(document)), mode);
          expect(summary.controls).toBe(controls.length);
        } catch (error) {
          expect(error).toBeInstanceOf(ReportError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

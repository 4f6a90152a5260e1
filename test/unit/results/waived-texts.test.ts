import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../src/results/evaluate.js';
import { parseReport } from '../../../src/results/parse-report.js';
import { withTexts, type KnownText } from '../../../src/results/waived-texts.js';
import { control, profile, report } from './report.factory.js';
import { sampleReport } from './samples.js';

const WAIVED = { impact: 0.5, title: null, tags: {}, waiver_data: { run: false, skipped_due_to_waiver: true } };
const text = (controlId: string, given: Partial<KnownText> = {}): KnownText => {
  return { controlId, title: `Title of ${controlId}`, impact: 0.9, tags: { nist: ['AC-1'] }, ...given };
};
const evaluated = (controls: unknown[], texts: KnownText[]) => {
  const parsed = parseReport(JSON.stringify(report([profile('p', controls)])));
  return evaluate(withTexts(parsed, texts), 'strict').controls;
};

describe('controls that a waiver kept from being run', () => {
  it('have title, severity and impact of the profile’s texts; they are not applicable all the same', () => {
    expect(evaluated([control('w', ['skipped'], WAIVED)], [text('w')])).toMatchObject([
      { title: 'Title of w', severity: 'critical', impact: 0.9, status: 'no_impact', waived: true },
    ]);
    expect(evaluated([control('w', ['skipped'], WAIVED)], [text('w', { tags: { severity: 'low' } })])).toMatchObject([
      { severity: 'low', status: 'no_impact' },
    ]);
    expect(evaluated([control('w', ['skipped'], WAIVED)], [text('w', { impact: 0 })])).toMatchObject([
      { severity: 'none', status: 'no_impact', waived: true },
    ]);
  });

  it('stay as they are without a text of their own', () => {
    const before = evaluated([control('w', ['skipped'], WAIVED)], []);
    expect(evaluated([control('w', ['skipped'], WAIVED)], [text('v')])).toEqual(before);
    expect(before).toMatchObject([{ title: null, severity: 'medium', status: 'no_impact' }]);
  });

  it('keep what the report says of them, as an overlay may', () => {
    const own = { ...WAIVED, title: 'Own', impact: 0.3 };
    expect(evaluated([control('w', ['skipped'], own)], [text('w')])).toMatchObject([{ title: 'Own', severity: 'low' }]);
  });

  it('never bring another control to another status, title or severity', () => {
    for (const name of ['live-mixed', 'live-waived', 'live-overlay']) {
      const parsed = parseReport(sampleReport(name));
      const before = evaluate(parsed, 'strict').controls;
      fc.assert(
        fc.property(
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.constantFrom('high', 'low', 'other'),
          (impact, severity) => {
            const texts = before.map(({ controlId }) => text(controlId, { impact, tags: { severity } }));
            const after = evaluate(withTexts(parsed, texts), 'strict').controls;
            expect(after.map((one) => one.status)).toEqual(before.map((one) => one.status));
            const others = (controls: typeof before) => controls.filter((one) => !one.waived);
            expect(others(after)).toEqual(others(before));
          },
        ),
        { numRuns: 20 },
      );
    }
  });
});

import fc from 'fast-check';
import { type ContextualizedEvaluation, convertFileContextual } from 'inspecjs';
import { expect, test } from 'vitest';
import { evaluate } from '../../../src/results/evaluate.js';
import type { ControlStatus } from '../../../src/results/evaluation.js';
import { parseReport, ReportError } from '../../../src/results/parse-report.js';
import { control, profile, report, result } from './report.factory.js';

const STATUSES: Record<string, ControlStatus> = {
  Passed: 'passed',
  Failed: 'failed',
  'Not Reviewed': 'skipped',
  'Not Applicable': 'no_impact',
  'Profile Error': 'error',
};
const JUNK = [null, '', 'x', 0, 1, true, [], {}, ['a'], [1], [null]];

/** Id, status, severity and waiver of the controls that the SAF CLI counts, by the library that it counts with; null for what it refuses. */
function bySaf(text: string): unknown[] | null {
  try {
    const first = (convertFileContextual(text) as ContextualizedEvaluation).contains[0];
    if (first === undefined) return null;
    const counted = first.contains.filter(({ extendedBy }) => extendedBy.length === 0).map(({ root }) => root);
    return counted.map(({ data, hdf }) => [data.id, STATUSES[hdf.status], hdf.severity, hdf.waived]);
  } catch {
    return null;
  }
}

function byUs(text: string): unknown[] | null {
  try {
    const { controls } = evaluate(parseReport(text), 'saf');
    return controls.map(({ controlId, status, severity, waived }) => [controlId, status, severity, waived]);
  } catch (error) {
    if (error instanceof ReportError) return null;
    throw error;
  }
}

const word = fc.constantFrom('high', 'High', 'none', 'critical', 'urgent', '', null, undefined);
const results = fc.array(
  fc
    .record({
      status: fc.constantFrom('passed', 'failed', 'skipped', 'error', null, undefined),
      backtrace: fc.option(fc.constantFrom([], ['a.rb:1'], null), { nil: undefined, freq: 3 }),
    })
    .map(({ status, backtrace }) => result(undefined, { status, backtrace })),
  { maxLength: 3 },
);
const controls = fc.array(
  fc
    .record({
      id: fc.constantFrom('a', 'b', 'c', 'constructor'),
      impact: fc.constantFrom(0, 0.0999, 0.1, 0.3999, 0.4, 0.6999, 0.7, 0.8999, 0.9, 1, -1),
      tags: fc.record({ severity: word, severityoverride: word, nist: fc.constantFrom(undefined, 'AC-3', ['AC-3']) }),
      results,
      waiver_data: fc.constantFrom(
        {},
        null,
        { skipped_due_to_waiver: true },
        { skipped_due_to_waiver: 'yes', run: false },
        { skipped_due_to_waiver: '' },
        { skipped_due_to_waiver: false, run: true },
      ),
    })
    .map(({ id, ...more }) => control(id, [], more)),
  { maxLength: 4 },
);
const name = fc.constantFrom('p', 'q', 'r');
const reports = fc
  .array(fc.tuple(name, fc.option(name, { nil: undefined, freq: 3 }), controls), { maxLength: 4 })
  .map((all) => report(all.map(([title, parent, of]) => profile(title, of, { parent_profile: parent }))));

/** The same report with something else in one of its places, or with one place less. */
const damaged = fc.tuple(reports, fc.nat(), fc.constantFrom(undefined, ...JUNK)).map(([whole, at, junk]) => {
  const copy = JSON.parse(JSON.stringify(whole)) as unknown;
  const places: [Record<string, unknown>, string][] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const owner = value as Record<string, unknown>;
    for (const key of Object.keys(owner)) {
      places.push([owner, key]);
      walk(owner[key]);
    }
  };
  walk(copy);
  const [owner, key] = places[at % places.length] ?? [{}, ''];
  if (junk === undefined && !Array.isArray(owner)) Reflect.deleteProperty(owner, key);
  else owner[key] = junk ?? null;
  return copy;
});

test.each([
  ['whole', reports],
  ['damaged', damaged],
])('mode saf counts what the SAF CLI counts, and refuses what it refuses: %s reports', (_name, any) => {
  fc.assert(
    fc.property(any, (document) => {
      const text = JSON.stringify(document);
      const saf = bySaf(text);
      // A control without an id has its place for a name.
      fc.pre(saf === null || saf.every((row) => (row as unknown[])[0] !== ''));
      expect(byUs(text)).toEqual(saf);
    }),
    { numRuns: 1000 },
  );
});

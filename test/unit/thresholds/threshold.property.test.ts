import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { CONTROL_STATUSES, SEVERITIES } from '../../../src/results/evaluation.js';
import { parseThreshold, ThresholdError } from '../../../src/thresholds/parse-threshold.js';

const severityOf = (status: string): string[] =>
  SEVERITIES.filter((severity) => severity !== 'none' || status === 'no_impact');
const ALL_KEYS = [
  'compliance.min',
  ...CONTROL_STATUSES.flatMap((status) => [
    `${status}.total.max`,
    ...severityOf(status).flatMap((severity) => [`${status}.${severity}.min`, `${status}.${severity}.controls`]),
  ]),
];

/** Flat thresholds of known keys with good values. */
const flatArb = fc.uniqueArray(fc.constantFrom(...ALL_KEYS), { minLength: 1, maxLength: 8 }).chain((keys) =>
  fc.record(
    Object.fromEntries<fc.Arbitrary<unknown>>(
      keys.map((key) => {
        if (key.endsWith('.controls')) return [key, fc.array(fc.string({ minLength: 1 }), { maxLength: 3 })];
        return [key, key.startsWith('compliance') ? fc.double({ min: 0, max: 100, noNaN: true }) : fc.nat(1000)];
      }),
    ),
  ),
);

function nested(flat: Record<string, unknown>): Record<string, unknown> {
  const tree: Record<string, Record<string, unknown>> = {};
  for (const [key, value] of Object.entries(flat)) {
    const [left = '', middle = '', right] = key.split('.');
    const group = (tree[left] ??= {});
    if (right === undefined) group[middle] = value;
    else group[middle] = { ...(group[middle] as object | undefined), [right]: value };
  }
  return tree;
}

const bounds = (input: unknown): Record<string, unknown> => {
  const threshold = parseThreshold(input, 'strict');
  return threshold.mode === 'strict' ? Object.fromEntries(threshold.bounds.map(({ key, value }) => [key, value])) : {};
};
// -0 and 0 are one bound; JSON writes no -0.
const plain = (flat: Record<string, unknown>): unknown => JSON.parse(JSON.stringify(flat));

describe('a strict threshold', () => {
  test('says the same however it is written', () => {
    fc.assert(
      fc.property(flatArb, (flat) => {
        const expected = plain(flat);
        for (const form of [
          flat,
          nested(flat),
          JSON.stringify(flat),
          JSON.stringify(nested(flat)),
          stringify(flat),
          stringify(nested(flat)),
        ]) {
          expect(plain(bounds(form))).toEqual(expected);
        }
      }),
    );
  });

  test('with one unknown key is an error that names it, whatever else it says', () => {
    const unknown = fc
      .tuple(fc.constantFrom(...ALL_KEYS), fc.nat(), fc.constantFrom('x', 's', '_', 'E'))
      .map(([key, at, letter]) => `${key.slice(0, at % (key.length + 1))}${letter}${key.slice(at % (key.length + 1))}`)
      .filter((key) => !ALL_KEYS.includes(key));
    fc.assert(
      fc.property(flatArb, unknown, (flat, key) => {
        try {
          bounds({ ...flat, [key]: 0 });
          expect.fail(`${key} was accepted`);
        } catch (error) {
          expect(error).toBeInstanceOf(ThresholdError);
          expect((error as ThresholdError).faults.map((fault) => fault.key)).toContain(key);
        }
      }),
    );
  });

  test('of any other make is refused with a reason; nothing else is thrown', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.string(),
          fc.dictionary(fc.constantFrom(...ALL_KEYS, 'failed', 'x'), fc.jsonValue()),
        ),
        fc.constantFrom('strict' as const, 'saf' as const),
        (input, mode) => {
          try {
            expect(parseThreshold(input, mode).mode).toBe(mode);
          } catch (error) {
            expect(error).toBeInstanceOf(ThresholdError);
            expect((error as ThresholdError).faults.length).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

import { describe, expect, test } from 'vitest';
import {
  MAX_THRESHOLD_DEPTH,
  MAX_THRESHOLD_LENGTH,
  parseThreshold,
  ThresholdError,
  type ThresholdGrammar,
} from '../../../src/thresholds/parse-threshold.js';

function boundsOf(input: unknown, grammar: ThresholdGrammar = 'any'): Record<string, unknown> {
  const threshold = parseThreshold(input, 'strict', grammar);
  if (threshold.mode !== 'strict') throw new Error('not strict');
  return Object.fromEntries(threshold.bounds.map(({ key, value }) => [key, value]));
}

function faultsOf(input: unknown, grammar: ThresholdGrammar = 'any', mode: 'strict' | 'saf' = 'strict'): string[] {
  try {
    parseThreshold(input, mode, grammar);
  } catch (error) {
    if (error instanceof ThresholdError) return error.faults.map(({ key, detail }) => `${key}: ${detail}`);
    throw error;
  }
  return [];
}

const BOUNDS = { 'compliance.min': 80, 'failed.critical.max': 0 };

describe('one threshold in every grammar', () => {
  test.each<[string, unknown, ThresholdGrammar]>([
    ['nested YAML', 'compliance:\n  min: 80\nfailed:\n  critical:\n    max: 0\n', 'any'],
    ['flat YAML', 'compliance.min: 80\nfailed.critical.max: 0\n', 'any'],
    ['both', 'compliance.min: 80\nfailed:\n  critical.max: 0\n', 'any'],
    ['nested JSON', '{"compliance":{"min":80},"failed":{"critical":{"max":0}}}', 'any'],
    ['flat JSON', '{"compliance.min": 80, "failed.critical.max": 0}', 'any'],
    ['flow YAML', '{compliance: {min: 80}, failed: {critical: {max: 0}}}', 'any'],
    ['inline, one pair of braces', '{compliance.min: 80, failed.critical.max: 0}', 'any'],
    ['inline, braces around each', '{compliance.min: 80}, {failed.critical.max: 0}', 'any'],
    ['inline in quotes', '"{compliance.min: 80}, {failed.critical.max: 0}"', 'any'],
    ['inline with quoted keys', `{'compliance.min': 80}, {'failed.critical.max': 0}`, 'any'],
    ['inline without braces', 'compliance.min: 80, failed.critical.max: 0', 'inline'],
    ['a nested object', { compliance: { min: 80 }, failed: { critical: { max: 0 } } }, 'any'],
    ['a flat object', { 'compliance.min': 80, 'failed.critical.max': 0 }, 'any'],
    ['a byte order mark before the inline grammar', '\uFEFF{compliance.min: 80}, {failed.critical.max: 0}', 'inline'],
    ['a byte order mark before YAML', '\uFEFFcompliance.min: 80\nfailed.critical.max: 0\n', 'any'],
    [
      'comments and Windows line ends',
      '# ours\r\ncompliance:\r\n  min: 80 # percent\r\nfailed.critical.max: 0\r\n',
      'any',
    ],
  ])('%s', (_name, input, grammar) => {
    expect(boundsOf(input, grammar)).toEqual(BOUNDS);
  });

  test('every kind of bound, told in the order in which breaches are told', () => {
    const text = `
no_impact: { none: { min: 0, max: 3, controls: [a, "2"] }, total: { max: 9 } }
failed: { low: { max: 4 }, total: { min: 0, max: 5 } }
passed: { total: 7 }
compliance: { max: 100, min: 0.5 }`;
    expect(Object.entries(boundsOf(text))).toEqual([
      ['compliance.min', 0.5],
      ['compliance.max', 100],
      ['passed.total', 7],
      ['failed.total.min', 0],
      ['failed.total.max', 5],
      ['no_impact.total.max', 9],
      ['failed.low.max', 4],
      ['no_impact.none.min', 0],
      ['no_impact.none.max', 3],
      ['no_impact.none.controls', ['a', '2']],
    ]);
  });
});

test('bounds come in one order, however they are written', () => {
  const order = [
    'compliance.min',
    'compliance.max',
    ...['', '.min', '.max'].flatMap((limit) =>
      ['passed', 'failed', 'skipped', 'error', 'no_impact'].map((status) => `${status}.total${limit}`),
    ),
    ...['critical', 'high', 'medium', 'low'].flatMap((severity) =>
      ['passed', 'failed', 'skipped', 'error', 'no_impact'].flatMap((status) => [
        `${status}.${severity}.min`,
        `${status}.${severity}.max`,
      ]),
    ),
    'no_impact.none.min',
    'no_impact.none.max',
    ...['passed.critical', 'no_impact.critical', 'failed.low', 'no_impact.none'].map((bucket) => `${bucket}.controls`),
  ];
  const flat = Object.fromEntries(order.map((key) => [key, key.endsWith('.controls') ? [] : 0]));
  for (const keys of [order, order.toReversed(), order.toSorted()])
    expect(Object.keys(boundsOf(Object.fromEntries(keys.map((key) => [key, flat[key]]))))).toEqual(order);
});

test('a minimum may be the maximum; a list of controls is neither', () => {
  expect(faultsOf({ 'failed.total': { min: 2, max: 2 }, compliance: { min: 80, max: 80 } })).toEqual([]);
  expect(faultsOf({ 'failed.high.max': 0, 'failed.high.controls': ['a', 'b'] })).toEqual([]);
});

test('text that is told is cut after forty characters', () => {
  expect(faultsOf({ 'failed.total.max': 'x'.repeat(41) })).toEqual([
    `failed.total.max: should be a whole number, 0 or more, and is the text "${'x'.repeat(40)}"`,
  ]);
});

describe('strict refuses, and names the key', () => {
  test.each<[unknown, string]>([
    [
      'complaince:\n  min: 80',
      'complaince.min: is unknown; a key begins with compliance, passed, failed, skipped, error, no_impact',
    ],
    [
      'failed:\n  criticals:\n    max: 0',
      'failed.criticals.max: is unknown; after failed comes total or critical, high, medium, low',
    ],
    [
      'no_impact.nothing.max: 0',
      'no_impact.nothing.max: is unknown; after no_impact comes total or critical, high, medium, low, none',
    ],
    ['failed.none.max: 0', 'failed.none.max: is unknown; only no_impact has none'],
    ['failed.high.maximum: 0', 'failed.high.maximum: is not complete or unknown; a severity has min, max and controls'],
    ['failed.high: 2', 'failed.high: is not complete or unknown; a severity has min, max and controls'],
    ['failed: 2', 'failed: is unknown; after failed comes total or critical, high, medium, low'],
    ['failed.total.controls: [a]', 'failed.total.controls: is unknown; a total is a number, or has min and max'],
    ['failed.high.max.really: 0', 'failed.high.max.really: is unknown; a key has at most three parts'],
    ['failed.high.max: {really: {deep: 0}}', 'failed.high.max.really: is unknown; a key has at most three parts'],
    ['compliance: 80', 'compliance: is unknown; compliance has min and max'],
    ['compliance.min.x: 80', 'compliance.min.x: is unknown; compliance has min and max'],
    ['compliance.min: high', 'compliance.min: should be a number and is the text "high"'],
    ['compliance.min: "80"', 'compliance.min: should be a number and is the text "80"'],
    ['compliance.min: .nan', 'compliance.min: should be a number and is NaN'],
    ['compliance.min: 101', 'compliance.min: should be from 0 to 100 and is 101'],
    ['compliance.max: -1', 'compliance.max: should be from 0 to 100 and is -1'],
    ['compliance.min: null', 'compliance.min: should be a number and is null'],
    ['failed.high.max: 1.5', 'failed.high.max: should be a whole number, 0 or more, and is 1.5'],
    ['failed.high.max: -1', 'failed.high.max: should be a whole number, 0 or more, and is -1'],
    ['failed.high.max: .inf', 'failed.high.max: should be a whole number, 0 or more, and is Infinity'],
    ['failed.high.max: "0"', 'failed.high.max: should be a whole number, 0 or more, and is the text "0"'],
    ['failed.high.max: null', 'failed.high.max: should be a whole number, 0 or more, and is null'],
    ['failed.high.max: true', 'failed.high.max: should be a whole number, 0 or more, and is a boolean'],
    ['failed.total: []', 'failed.total: should be a whole number, 0 or more, and is a list'],
    ['failed: {total: {min: 3, max: 2}}', 'failed.total.min: 3 is above the maximum, 2'],
    ['compliance: {min: 90, max: 80}', 'compliance.min: 90 is above the maximum, 80'],
    ['failed.high.controls: a', 'failed.high.controls: should be a list of control ids and is the text "a"'],
    ['failed.high.controls: [1.10]', 'failed.high.controls: holds 1.1; put every control id in quotes'],
    ['failed.high.max: 1\nfailed:\n  high:\n    max: 2', 'failed.high.max: is set twice'],
    ['failed: {}\ncompliance.min: 1', 'failed: sets no bound'],
    ['{}', ': the threshold sets no bound'],
    ['', ': the threshold is empty'],
    ['  \n', ': the threshold is empty'],
    ['# nothing\n', ': the threshold is empty'],
    ['~', ': the threshold is empty'],
    [null, ': the threshold is empty'],
    [undefined, ': the threshold is empty'],
    ['- 1\n- 2', ': a threshold is a mapping of keys to bounds, and this is a list'],
    ['5', ': a threshold is a mapping of keys to bounds, and this is a number'],
    ['hello', ': a threshold is a mapping of keys to bounds, and this is a string'],
    [true, ': a threshold is a mapping of keys to bounds, and this is a boolean'],
    ['{compliance.min: 80}, {failed}', ': "{failed}" is not "key: number"'],
    ['{compliance.min: 80}, {compliance.min: 90}', 'compliance.min: stands twice'],
    ['{compliance.min: eighty}', 'compliance.min: should be a number and is the text "eighty"'],
    [
      '{compliance.min: 80}, {failed.total.max: 0x}',
      'failed.total.max: should be a whole number, 0 or more, and is the text "0x"',
    ],
  ])('%j', (input, fault) => {
    expect(faultsOf(input)).toEqual([fault]);
  });

  test('everything that is wrong at once', () => {
    expect(
      faultsOf('complaince.min: 80\nfailed:\n  high: { max: many }\n  urgent: { max: 0 }\npassed.total: 3\n'),
    ).toEqual([
      'complaince.min: is unknown; a key begins with compliance, passed, failed, skipped, error, no_impact',
      'failed.high.max: should be a whole number, 0 or more, and is the text "many"',
      'failed.urgent.max: is unknown; after failed comes total or critical, high, medium, low',
    ]);
  });

  test.each(['a: [1\n b: {', 'a: 1\na: 2', '{"a": 1', '"unfinished', 'a: *nowhere', '--- 1\n--- 2'])(
    'what is no YAML, in both modes: %j',
    (text) => {
      for (const mode of ['strict', 'saf'] as const)
        expect(faultsOf(text, 'file', mode)).toMatchObject([
          expect.stringMatching(/^: the threshold is neither YAML nor JSON/),
        ]);
    },
  );

  test('a text beyond the limit, deep nesting and a bomb of aliases', () => {
    expect(faultsOf(' '.repeat(MAX_THRESHOLD_LENGTH + 1))).toEqual([
      ': the threshold has 65537 characters; the limit is 65536',
    ]);
    expect(faultsOf('compliance.min: 1'.padEnd(MAX_THRESHOLD_LENGTH))).toEqual([]);
    for (const [open, close] of ['[]', '{}']) {
      const nested = (depth: number): string => `${open?.repeat(depth)}${close?.repeat(depth)}`;
      expect(faultsOf(nested(MAX_THRESHOLD_DEPTH))).not.toEqual([': the threshold nests deeper than 32 brackets']);
      expect(faultsOf(nested(MAX_THRESHOLD_DEPTH + 1))).toEqual([': the threshold nests deeper than 32 brackets']);
    }
    expect(faultsOf(`failed.high.controls: [${'"]", '.repeat(50)}"a"]`)).toEqual([]);
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefghi'.split('').map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(',')}]`),
    ].join('\n');
    expect(faultsOf(bomb)).toHaveLength(1);
  });

  test('__proto__ is an unknown key like any other, and changes nothing else', () => {
    for (const text of [
      '{"__proto__": {"compliance": {"min": 1}}, "compliance.min": 0}',
      '{"__proto__": 1, "failed": {"total": {"max": 0}}}',
      '{"failed": {"__proto__": {"max": 0}, "total": {"max": 0}}}',
    ])
      for (const input of [text, JSON.parse(text) as unknown])
        expect(faultsOf(input, 'file')).toEqual([expect.stringMatching(/__proto__.*: is unknown/)]);
    expect(faultsOf('constructor.prototype.x: 1')).toHaveLength(1);
    for (const text of ['{__proto__.polluted: 1}', '__proto__.polluted: 1', '{"toString.call": 5}'])
      parseThreshold(text, 'saf');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(typeof Object.prototype.toString.call).toBe('function');
  });
});

describe('saf is empty or unreadable: an error there too', () => {
  test.each([
    ['', 'file'],
    ['# nothing', 'file'],
    [null, 'any'],
    ['a: [1\n b: {', 'file'],
  ] as const)('%j', (text, grammar) => {
    expect(faultsOf(text, grammar, 'saf')).toHaveLength(1);
  });
});

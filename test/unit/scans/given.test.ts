import { describe, expect, it } from 'vitest';
import { bySensitivity, givenFaults, waiversOf, type Given } from '../../../src/scans/given.js';
import { inputsFaults, sensitiveInputsFaults, waiversFaults } from '../../../src/scans/given-rules.js';

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
const many = (count: number, value: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, value]));
const said = (faults: { pointer?: string; detail: string }[]) =>
  faults.map(({ pointer = '', detail }) => `${pointer} ${detail}`);

describe('the form of inputs', () => {
  it.each<[string, unknown]>([
    ['none', {}],
    ['every kind of value', { a: 'x', b: 1, c: 1.5, d: true, e: null, f: [1, ['x']], g: { h: { i: 1 } } }],
    ['names as profiles have them', { 'os-01/home dir': 1, max_log_mb: 1, 'größe:x.y': 1, constructor: 1 }],
    ['the longest name', { ['n'.repeat(200)]: 1 }],
    ['as many as a profile may declare', many(2_000, 1)],
    ['the deepest', { a: nested(16) }],
    ['the largest whole numbers', { a: Number.MAX_SAFE_INTEGER, b: Number.MIN_SAFE_INTEGER }],
  ])('takes %s', (_, value) => expect(inputsFaults(value)).toEqual([]));

  it.each<[string, unknown, string, RegExp]>([
    ['a list', [], '', /must be an object/],
    ['text', 'a=1', '', /must be an object/],
    ['one more than a profile may declare', many(2_001, 1), '', /at most 2000 inputs; it has 2001/],
    ['an empty name', { '': 1 }, '/', /name of an input/],
    ['a name of blanks', { ' ': 1 }, '/ ', /name of an input/],
    ['a name that is too long', { ['n'.repeat(201)]: 1 }, `/${'n'.repeat(201)}`, /1 to 200/],
    ['a name with a line break', { 'a\nb': 1 }, '/a\nb', /control characters/],
    ['a level too many', { a: nested(17) }, `/a${'/0'.repeat(16)}`, /at most 16 levels/],
    ['a number that JavaScript rounds', { a: { b: 2 ** 53 } }, '/a/b', /too large/],
    ['a number beyond all', { a: Number.POSITIVE_INFINITY }, '/a', /too large/],
    ['U+0000 in a text', { a: ['x\0'] }, '/a/0', /U\+0000/],
    ['half a character', { a: '\ud83d' }, '/a', /half a character/],
    ['U+0000 in a key', { a: { 'b\0': 1 } }, '/a/b\0', /key that cannot be kept/],
    ['a key __proto__', JSON.parse('{"a": {"__proto__": 1}}'), '/a/__proto__', /key that cannot be kept/],
    ['a name __proto__', JSON.parse('{"__proto__": 1}'), '/__proto__', /name of an input/],
  ])('refuses %s', (_, value, pointer, detail) => {
    expect(inputsFaults(value)).toEqual([
      { pointer: pointer || undefined, detail: expect.stringMatching(detail) as string },
    ]);
  });

  it('escapes names in pointers, tells all faults, and stops at fifty', () => {
    expect(said(inputsFaults({ 'a/b~c': '\0', d: '\0' }))).toEqual([
      expect.stringMatching(/^\/a~1b~0c must not/),
      expect.stringMatching(/^\/d must not/),
    ]);
    expect(inputsFaults(many(200, '\0'))).toHaveLength(50);
  });

  it('refuses sensitive values that could not be found again, and never shows them', () => {
    expect(sensitiveInputsFaults({ a: 'sixsix', b: 123456, c: true, d: null, e: '', f: ['sixsix'] })).toEqual([]);
    const faults = sensitiveInputsFaults({ a: 'fives', b: { c: ['ok-ok-ok', 'abc'] }, d: 12345, e: '🙂🙂🙂🙂🙂' });
    expect(faults.map((fault) => fault.pointer)).toEqual(['/a', '/b/c/1', '/d', '/e']);
    expect(said(faults).join()).not.toMatch(/fives|abc|12345|🙂/);
    expect(said(faults)[0]).toContain('has 5 characters; a sensitive value with fewer than 6');
  });
});

describe('the form of waivers', () => {
  const one = (waiver: unknown) => ({ 'container-1.1': waiver });
  it.each<[string, unknown]>([
    ['none', {}],
    ['a reason alone', one({ justification: 'known' })],
    ['all fields', one({ justification: 'known', expirationDate: '2027-01-01', run: false })],
    ['nulls for what is left out', one({ justification: 'known', expirationDate: null, run: null })],
    ['a day that has passed', one({ justification: 'was', expirationDate: '1999-12-31' })],
    ['a leap day', one({ justification: 'known', expirationDate: '2028-02-29' })],
    ['the longest reason', one({ justification: 'x'.repeat(4_000) })],
    ['as many as may be', many(5_000, { justification: 'x' })],
  ])('takes %s', (_, value) => expect(waiversFaults(value)).toEqual([]));

  it.each<[string, unknown, string, RegExp]>([
    ['a list', [], '', /must be an object/],
    ['too many', many(5_001, { justification: 'x' }), '', /at most 5000 waivers/],
    ['a control without an id', { '': { justification: 'x' } }, '/', /id of a control/],
    ['text for a waiver', one('known'), '/container-1.1', /object with a justification/],
    ['no reason', one({}), '/container-1.1/justification', /say why/],
    ['a reason of blanks', one({ justification: ' \n' }), '/container-1.1/justification', /say why/],
    [
      'a reason that is too long',
      one({ justification: 'x'.repeat(4_001) }),
      '/container-1.1/justification',
      /at most 4000/,
    ],
    [
      'a day that is none',
      one({ justification: 'x', expirationDate: '2027-02-29' }),
      '/container-1.1/expirationDate',
      /date of the calendar/,
    ],
    [
      'a time',
      one({ justification: 'x', expirationDate: '2027-01-01T00:00:00Z' }),
      '/container-1.1/expirationDate',
      /YYYY-MM-DD/,
    ],
    [
      'a day in other words',
      one({ justification: 'x', expirationDate: '1.1.2027' }),
      '/container-1.1/expirationDate',
      /YYYY-MM-DD/,
    ],
    [
      'a number for a day',
      one({ justification: 'x', expirationDate: 20270101 }),
      '/container-1.1/expirationDate',
      /YYYY-MM-DD/,
    ],
    ['a word for run', one({ justification: 'x', run: 'no' }), '/container-1.1/run', /true or false/],
    [
      'the field of a waiver file',
      one({ justification: 'x', expiration_date: '2027-01-01' }),
      '/container-1.1/expiration_date',
      /not a field of a waiver/,
    ],
  ])('refuses %s', (_, value, pointer, detail) => {
    expect(waiversFaults(value)).toEqual([
      { pointer: pointer || undefined, detail: expect.stringMatching(detail) as string },
    ]);
  });

  it('stores what was left out as left out', () => {
    expect(
      waiversOf({ a: { justification: 'x', expirationDate: null, run: null }, b: { justification: 'y', run: false } }),
    ).toEqual({
      a: { justification: 'x' },
      b: { justification: 'y', run: false },
    });
  });
});

describe('what was given, held against profile and service', () => {
  const nothing: Given = { inputs: {}, sensitiveInputs: {}, waivers: {} };
  const declare = (name: string, type: string | null, sensitive = false) => ({
    name,
    type,
    sensitive,
    required: false,
    hasDefault: false,
  });
  const here = { encrypts: true, bytesMax: 1_000 };
  const faults = (given: Partial<Given>, profile = {}, around = {}) =>
    said(givenFaults({ ...nothing, ...given }, { inputs: [], controls: null, ...profile }, { ...here, ...around }));

  it('has a size together, exact to the byte', () => {
    // {"a":"…"} and twice {}
    const fits = { inputs: { a: 'x'.repeat(1_000 - 8 - 4) } };
    expect(faults(fits)).toEqual([]);
    expect(faults({ ...fits, waivers: { b: { justification: 'x' } } })[0]).toMatch(
      /^\/inputs inputs, sensitiveInputs and waivers have 1025 bytes/,
    );
    expect(faults({ inputs: { a: `${fits.inputs.a}y` } })[0]).toContain(
      'have 1001 bytes together as JSON; at most 1000 are taken',
    );
  });

  it.each<[string, unknown[], unknown[]]>([
    ['String', ['', 'x'], [1, true, null, [], {}]],
    ['Numeric', [1, 1.5, -3, '7', '1_000', '0x1f', ' 2.5 '], ['x', '', true, null, [], {}]],
    ['Boolean', [true, false], ['true', 1, null]],
    ['Array', [[], [1]], [{}, 'x', null]],
    ['Hash', [{}, { a: 1 }], [[], 'x', null]],
    ['Regexp', ['^a$'], [1, null, []]],
    ['Any', [1, null, {}, 'x'], []],
  ])('has the type that the profile declares: %s', (type, right, wrong) => {
    for (const value of right) expect(faults({ inputs: { a: value } }, { inputs: [declare('a', type)] })).toEqual([]);
    for (const value of wrong)
      expect(faults({ inputs: { a: value } }, { inputs: [declare('a', type)] })).toEqual([
        `/inputs/a must be of the type that the profile declares: ${type}`,
      ]);
  });

  it('may have names that the profile does not declare: its controls may', () => {
    expect(faults({ inputs: { other: 1 } }, { inputs: [declare('a', 'String')] })).toEqual([]);
  });

  it('keeps what the profile declares as sensitive as the secret that it is, wherever it was given', () => {
    const declared = [declare('password', 'String', true)];
    const given = { ...nothing, inputs: { password: 'hunter2', size: 1 }, sensitiveInputs: { token: 'abcdefg' } };
    expect(bySensitivity(given, declared)).toEqual({
      plain: { size: 1 },
      sensitive: { password: 'hunter2', token: 'abcdefg' },
    });
    expect(faults({ inputs: { password: 'short' } }, { inputs: declared })).toEqual([
      expect.stringMatching(/^\/inputs\/password has 5 characters/),
    ]);
  });

  it('has no name twice', () => {
    expect(faults({ inputs: { a: 'x' }, sensitiveInputs: { a: 'hunter2' } })).toEqual([
      '/sensitiveInputs/a is given among inputs too',
    ]);
  });

  it('takes no secret without a key', () => {
    expect(faults({ sensitiveInputs: { a: 'hunter2' } })).toEqual([]);
    expect(faults({ sensitiveInputs: { a: 'hunter2' } }, {}, { encrypts: false })).toEqual([
      '/sensitiveInputs/a is sensitive and cannot be kept: SIDESCAN_ENCRYPTION_KEY is not set',
    ]);
    expect(faults({ inputs: { a: 1 } }, {}, { encrypts: false })).toEqual([]);
  });

  it('waives controls that the profile has, where its controls are known', () => {
    const waivers = { 'a/1': { justification: 'x' }, b: { justification: 'x' } };
    expect(faults({ waivers })).toEqual([]);
    expect(faults({ waivers }, { controls: new Set(['b']) })).toEqual(['/waivers/a~11 is no control of this profile']);
  });
});

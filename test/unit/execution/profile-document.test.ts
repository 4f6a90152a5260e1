import { describe, expect, it } from 'vitest';
import { parseProfileDocument } from '../../../src/execution/profile-document.js';

const control = {
  id: 'one',
  title: 'First',
  desc: null,
  impact: 0.7,
  tags: { nist: ['AC-1'] },
  refs: [{ ref: 'x' }],
  code: "control 'one'",
  source: { ref: 'controls/a.rb', line: 1 },
};
const document = { v: 1, profile: { name: 'p' }, controls: [control], problems: [] as unknown[] };
const parse = (value: unknown) => parseProfileDocument(Buffer.from(JSON.stringify(value)));

describe('the texts of a profile as the scanner prints them', () => {
  it('are controls, and problems as lines with their place', () => {
    const { id: controlId, title, desc, impact, tags, refs, code } = control;
    const problems = [
      { level: 'error', message: 'wrong', file: 'controls/a.rb', line: 3 },
      { level: 'warning', message: 'odd', file: 'inspec.yml', line: null },
      { level: 'error', message: 'no controls', file: null, line: null },
    ];
    expect(parse({ ...document, problems })).toEqual({
      controls: [{ controlId, title, desc, impact, tags, refs, code }],
      errors: ['controls/a.rb:3: wrong', 'no controls'],
      warnings: ['inspec.yml: odd'],
    });
  });

  it.each([
    ['another version', { ...document, v: 2 }, /version/],
    ['no controls', { ...document, controls: undefined }, /controls is not a list/],
    ['a control without an id', { ...document, controls: [{ ...control, id: null }] }, /controls\[0\]\.id/],
    ['an impact above 1', { ...document, controls: [control, { ...control, impact: 1.1 }] }, /controls\[1\]\.impact/],
    ['no impact', { ...document, controls: [{ ...control, impact: null }] }, /impact/],
    ['tags that are a list', { ...document, controls: [{ ...control, tags: [] }] }, /tags/],
    ['a level that is none', { ...document, problems: [{ level: 'fatal', message: '' }] }, /problems\[0\]\.level/],
    ['a problem without words', { ...document, problems: [{ level: 'error' }] }, /problems\[0\]\.message/],
    ['a list', [], /not an object/],
  ])('are refused with %s', (_, value, why) => {
    expect(parse(value)).toMatch(why);
  });

  it('are refused if they are no JSON, or no UTF-8', () => {
    expect(parseProfileDocument(Buffer.from('{'))).toMatch(/not JSON/);
    expect(parseProfileDocument(Buffer.from([0x22, 0xff, 0x22]))).toMatch(/not JSON/);
  });
});

import { describe, expect, it } from 'vitest';
import { momentFaults, momentOf } from '../../../src/edge/query-rules.js';

describe('a time in a query', () => {
  it.each([
    ['2027-01-31T00:00:00Z', '2027-01-31T00:00:00.000Z'],
    ['2027-01-31t00:00:00.123456789z', '2027-01-31T00:00:00.123Z'],
    ['2027-01-31 23:59:59+02:00', '2027-01-31T21:59:59.000Z'],
    ['2028-02-29T00:00:00-23:59', '2028-02-29T23:59:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
  ])('%s is taken', (text, moment) => {
    expect([momentOf(text)?.toISOString(), momentFaults(text)]).toEqual([moment, []]);
  });

  it.each([
    '',
    'yesterday',
    '2027-01-31',
    '2027-02-29T00:00:00Z',
    '2027-02-30T00:00:00Z',
    '2027-13-01T00:00:00Z',
    '2027-00-01T00:00:00Z',
    '2027-01-00T00:00:00Z',
    '2027-01-31T24:00:01Z',
    '2027-01-31T00:00:60Z',
    '2027-01-31T00:00:00',
    '2027-01-31T00:00:00+25:00',
    '0000-12-31T23:59:59Z',
    '0001-01-01T00:00:00+01:00',
    '+02027-01-31T00:00:00Z',
  ])('%j is refused', (text) => {
    expect([momentOf(text), momentFaults(text)]).toEqual([
      null,
      [{ detail: 'must be a time such as 2027-01-31T00:00:00Z' }],
    ]);
  });

  it('says what became of a plus', () => {
    expect(momentFaults('2027-01-31T00:00:00 01:00')).toEqual([{ detail: expect.stringContaining('%2B') as string }]);
    expect(momentFaults(['2027-01-31T00:00:00Z', 'x'])).toHaveLength(1);
  });
});

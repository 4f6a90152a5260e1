import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { control, profile, report, result } from '../results/report.factory.js';
import { allSamples } from '../results/samples.js';
import { exported, exportInput, hostileReport } from './export.factory.js';

type Row = Record<string, string>;
const rowsOf = (source: Uint8Array | object): Row[] =>
  parse(exported('csv', exportInput(source)), { columns: true, relax_column_count: false });

describe('csv', () => {
  test.each(allSamples().filter(({ expected }) => expected.readable_by_saf))(
    '$name: a row a control, in the order of the report',
    ({ bytes }) => {
      const { controls } = exportInput(bytes).evaluation;
      expect(rowsOf(bytes).map((row) => row['title'])).toHaveLength(controls.length);
      expect(rowsOf(bytes).map((row) => row['severity'])).toEqual(controls.map(({ severity }) => severity));
    },
  );

  test('columns hold what the report says', () => {
    const given = control('V-1', [], {
      title: 'Say "hello", twice',
      desc: 'two\nlines',
      impact: 0.7,
      tags: { nist: ['AC-3', 'Rev_4'], fix: 'mend it' },
      results: [result('passed'), result('failed', { code_desc: 'File x', message: 'is not there' })],
    });
    expect(rowsOf(report([profile('base', [given])]))).toEqual([
      {
        profile: 'base',
        control: 'V-1',
        title: 'Say "hello", twice',
        status: 'Failed',
        severity: 'high',
        impact: '0.7',
        waived: 'no',
        waiver: '',
        message: 'File x: is not there',
        'tests passed': '1',
        tests: '2',
        nist: 'AC-3 Rev_4',
        cci: '',
        description: 'two\nlines',
        check: '',
        fix: 'mend it',
      },
    ]);
  });

  test('no cell is a formula, whatever the report holds', () => {
    const cells = rowsOf(hostileReport()).flatMap((row) => Object.values(row));
    expect(cells.filter((cell) => /^[\s\u0000-\u001f]*[=+\-@]/.test(cell))).toEqual([]); // eslint-disable-line no-control-regex
    expect(cells.filter((cell) => cell.startsWith("'="))).not.toHaveLength(0);
  });

  test.each(['=1', '+1', '-1', '@x', ' =1', '\t=1', '\r\n=1', '＝1', '＋1', '－1', '＠x', '\ta'])(
    '%j gets an apostrophe',
    (title) => {
      expect(rowsOf(report([profile('base', [control('a', ['passed'], { title })])]))[0]?.['title']).toBe(`'${title}`);
    },
  );

  test('any text comes back, but for the guard', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (title) => {
        const cell = rowsOf(report([profile('base', [control('a', ['passed'], { title })])]))[0]?.['title'] ?? '';
        expect([title, `'${title}`]).toContain(cell);
      }),
    );
  });

  test('a cell ends where a spreadsheet ends it', () => {
    const [row] = rowsOf(report([profile('base', [control('a', ['passed'], { desc: 'x'.repeat(100_000) })])]));
    expect(row?.['description']).toHaveLength(32_767);
  });
});

import fc from 'fast-check';
import { marked, type Token, type Tokens } from 'marked';
import { describe, expect, test } from 'vitest';
import { markdownBlock, markdownText } from '../../../src/reports/export/markdown-text.js';
import { control, profile, report, result } from '../results/report.factory.js';
import { allSamples } from '../results/samples.js';
import { exported, exportInput, HOSTILE, hostileReport } from './export.factory.js';

/** Every token of a document, as GitHub's flavour is read. */
function tokensOf(markdown: string): Token[] {
  const tokens: Token[] = [];
  void marked.walkTokens(marked.lexer(markdown, { gfm: true }), (token) => void tokens.push(token));
  return tokens;
}
const kinds = (markdown: string): Set<string> => new Set(tokensOf(markdown).map(({ type }) => type));
const plain = (markdown: string): string => String(marked.parseInline(markdown, { gfm: true, async: false }));
const tableOf = (markdown: string): Tokens.Table =>
  tokensOf(markdown).find(({ type }) => type === 'table') as Tokens.Table;

describe('markdown', () => {
  test.each(allSamples().filter(({ expected }) => expected.readable_by_saf))(
    '$name: the table holds the counts',
    ({ bytes }) => {
      const input = exportInput(bytes);
      const { passed, failed, skipped, error, no_impact: notApplicable } = input.evaluation.summary;
      const rows = tableOf(exported('markdown', input)).rows.map((cells) => cells.map(({ text }) => text));
      expect(rows.map(([name, total]) => [name, Number(total)])).toEqual([
        ['Passed', passed.total],
        ['Failed', failed.total],
        ['Not reviewed', skipped.total],
        ['Error', error.total],
        ['Not applicable', notApplicable.total],
      ]);
    },
  );

  test('what failed comes worst first, with its messages in a block', () => {
    const controls = [
      control('V-1', [], {
        title: 'Low',
        impact: 0.1,
        results: [result('failed', { code_desc: 'File x', message: 'has ```fences```' })],
      }),
      control('V-2', ['failed'], { title: 'High', impact: 0.7 }),
      control('V-3', ['error'], { title: 'Broken' }),
    ];
    const tokens = tokensOf(exported('markdown', exportInput(report([profile('base', controls)]))));
    expect(tokens.filter((token): token is Tokens.Heading => token.type === 'heading').map(({ text }) => text)).toEqual(
      [
        'Compliance report',
        'Broken bounds',
        'Failed controls (2)',
        'V-2: High',
        'V-1: Low',
        'Controls with errors (1)',
        'V-3: Broken',
      ],
    );
    expect(tokens.filter((token): token is Tokens.Code => token.type === 'code').map(({ text }) => text)).toContain(
      'File x: has ```fences```',
    );
  });

  test('hostile text makes no HTML, link, picture or code span, and no heading of its own', () => {
    const markdown = exported('markdown', exportInput(hostileReport()));
    const found = kinds(markdown);
    for (const kind of ['html', 'link', 'image', 'codespan', 'del', 'blockquote', 'hr'])
      expect(found).not.toContain(kind);
    expect(tableOf(markdown).rows).toHaveLength(5);
    expect(tokensOf(markdown).filter(({ type }) => type === 'heading')).toHaveLength(3 + HOSTILE.length);
    const outside = tokensOf(markdown)
      .filter(({ type }) => type === 'text')
      .map(({ raw }) => raw)
      .join('\n');
    expect(outside).not.toMatch(/@everyone|#1\b|https:\/\/|www\.evil/);
  });

  test.each([
    ['a*b*_c_', 'a*b*_c_'],
    ['<script>', '&lt;script&gt;'],
    ['a | b', 'a | b'],
    ['[x](javascript:alert(1))', '[x](javascript:alert(1))'],
    ['&lt;', '&amp;lt;'],
    ['back`tick`', 'back`tick`'],
    ['two\nlines', 'two lines'],
    ['registry:5000/a-b_c:1.2', 'registry:5000/a-b_c:1.2'],
  ])('%j reads as %s', (text, html) => {
    expect(plain(markdownText(text))).toBe(html);
  });

  test.each(['@everyone', 'see #12', '!12', 'https://evil.example', 'www.evil.example', ':smile:'])(
    '%s is broken by a space that is not seen',
    (text) => {
      expect(markdownText(text)).toContain('\u200b');
      expect(kinds(markdownText(text))).not.toContain('link');
    },
  );

  test('any text stays within its line and its block', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(...'`~*_[]()<>|#!@:/\\&;$\n\r\t -+=.1ax'.split('')),
          minLength: 1,
          maxLength: 40,
        }),
        (text) => {
          const found = kinds(`x ${markdownText(text)} y`);
          for (const kind of found) expect(['paragraph', 'text', 'escape', 'br']).toContain(kind);
          const blocks = tokensOf(`${markdownBlock(text)}\n`).filter(({ type }) => type !== 'space');
          expect(blocks).toHaveLength(1);
          // marked takes a block of nothing but line ends for one more of them.
          const body = (block: Token | undefined): string =>
            ((block as Tokens.Code | undefined)?.text ?? '').replace(/^\n+|\n+$/g, '');
          expect(blocks[0]?.type).toBe('code');
          expect(body(blocks[0])).toBe(text.replace(/\r\n?/g, '\n').replace(/^\n+|\n+$/g, ''));
        },
      ),
      { numRuns: 500 },
    );
  });
});

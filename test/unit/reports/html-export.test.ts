import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { type DefaultTreeAdapterMap, parse, parseFragment } from 'parse5';
import { describe, expect, test } from 'vitest';
import { HTML_CONTENT_SECURITY_POLICY } from '../../../src/reports/export/html-export.js';
import { htmlText } from '../../../src/reports/export/html-text.js';
import { control, profile, report, result } from '../results/report.factory.js';
import { allSamples } from '../results/samples.js';
import { exported, exportInput, HOSTILE, hostileReport } from './export.factory.js';

type Node = DefaultTreeAdapterMap['node'];
type Element = DefaultTreeAdapterMap['element'];

const isElement = (node: Node): node is Element => 'tagName' in node;
const childrenOf = (node: Node): Node[] => ('childNodes' in node ? node.childNodes : []);
const textOf = (node: Node): string => ('value' in node ? node.value : childrenOf(node).map(textOf).join(''));
const elementsOf = (node: Node): Element[] => [
  ...(isElement(node) ? [node] : []),
  ...childrenOf(node).flatMap(elementsOf),
];
const attribute = (element: Element | undefined, name: string): string | undefined =>
  element?.attrs.find((one) => one.name === name)?.value;

/** The page as a browser's parser sees it; throws at the first parse error. */
function pageOf(source: Uint8Array | object): Element[] {
  const html = exported('html', exportInput(source));
  const errors: string[] = [];
  const document = parse(html, {
    onParseError: ({ code, startLine }) => errors.push(`${code} in line ${startLine}`),
    sourceCodeLocationInfo: true,
  });
  expect(errors).toEqual([]);
  return elementsOf(document);
}
const named = (elements: Element[], name: string): Element[] => elements.filter(({ tagName }) => tagName === name);
const policyHash = (element: Element | undefined): string => {
  if (element === undefined) throw new Error('not there');
  return `'sha256-${createHash('sha256').update(textOf(element)).digest('base64')}'`;
};

describe('html', () => {
  test.each(allSamples().filter(({ expected }) => expected.readable_by_saf))(
    '$name: a well-formed page with every control',
    ({ bytes }) => {
      const { controls } = exportInput(bytes).evaluation;
      expect(named(pageOf(bytes), 'details')).toHaveLength(controls.length);
    },
  );

  test('needs nothing but itself: one style, one script, both named by their hash, and nothing that loads', () => {
    const page = pageOf(hostileReport());
    const [style, ...styles] = named(page, 'style');
    const [script, ...scripts] = named(page, 'script');
    expect([...styles, ...scripts]).toEqual([]);
    expect(HTML_CONTENT_SECURITY_POLICY).toBe(
      `default-src 'none'; style-src ${policyHash(style)}; script-src ${policyHash(script)}; base-uri 'none'; form-action 'none'`,
    );
    expect(
      attribute(
        named(page, 'meta').find((meta) => attribute(meta, 'http-equiv') !== undefined),
        'content',
      ),
    ).toBe(HTML_CONTENT_SECURITY_POLICY);
    for (const name of ['img', 'link', 'iframe', 'object', 'embed', 'base', 'a', 'audio', 'video'])
      expect(named(page, name)).toEqual([]);
  });

  test('no attribute runs or styles anything', () => {
    const names = pageOf(hostileReport()).flatMap(({ attrs }) => attrs.map(({ name }) => name));
    expect(names.filter((name) => /^on|^style$|^src|^href|^formaction$/.test(name))).toEqual([]);
  });

  test('hostile text is shown as it is, but for what turns or breaks it', () => {
    const titles = named(pageOf(hostileReport()), 'summary').map(textOf);
    for (const text of HOSTILE.slice(0, 6)) expect(titles.some((title) => title.includes(text))).toBe(true);
    expect(titles.join('')).not.toMatch(/[\u0000\u0007\u001b\u202e]/); // eslint-disable-line no-control-regex
  });

  test('any text comes back from a parser', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const shown = textOf(parseFragment(`<p title="${htmlText(text)}">${htmlText(text)}</p>`));
        expect(shown).toBe(text.replace(/\r\n?/g, '\n').replace(/[\u202a-\u202e\u2066-\u2069]/g, '\uFFFD'));
      }),
    );
  });

  test('says the verdict, the gauge, the broken bounds and what was found', () => {
    const failed = control('V-1', [], {
      title: 'A title',
      results: [result('failed', { code_desc: 'File x', message: 'gone' })],
    });
    const page = pageOf(report([profile('base', [control('V-0', ['passed']), failed])]));
    const text = textOf(named(page, 'main')[0] as Element);
    expect(attribute(named(page, 'svg')[0], 'aria-label')).toBe('Compliance 50 %');
    for (const part of [
      'registry.example:5000/shop/web:1.2',
      'failed.total.max: at most 0, found 1: V-1',
      'File x: gone',
      'base 1.0.0',
    ])
      expect(text).toContain(part);
    expect(
      named(page, 'details').map((one) => [attribute(one, 'data-status'), attribute(one, 'data-severity')]),
    ).toEqual([
      ['failed', 'medium'],
      ['passed', 'medium'],
    ]);
  });

  test('has a box for each status and severity that there is, with its count, and a bar of the shares', () => {
    const high = control('V-2', ['passed'], { impact: 0.7 });
    const page = pageOf(report([profile('base', [control('V-0', ['passed']), control('V-1', ['failed']), high])]));
    const boxes = named(page, 'label').map((label) => textOf(label));
    expect(boxes).toEqual(['Passed 2', 'Failed 1', 'high 1', 'medium 2']);
    const parts = named(page, 'rect').map((rect) => [attribute(rect, 'class'), attribute(rect, 'width')]);
    expect(parts).toEqual([
      ['passed', '66.667'],
      ['failed', '33.333'],
    ]);
  });

  test('a report without controls is a page as well', () => {
    const page = pageOf(report([profile('base', [])]));
    expect([named(page, 'label'), named(page, 'rect'), named(page, 'details')]).toEqual([[], [], []]);
  });

  test('a control with very many tests or a very long text is cut', () => {
    const huge = control('a', [], {
      desc: 'x'.repeat(1_000_000),
      results: Array.from({ length: 10_000 }, () => result('failed')),
    });
    expect(exported('html', exportInput(report([profile('base', [huge])]))).length).toBeLessThan(120_000);
  });
});

import { describe, expect, test } from 'vitest';
import { type XmlElement, xmlDocument } from '../../support/xml.js';
import { control, profile, report, result } from '../results/report.factory.js';
import { sampleReport } from '../results/samples.js';
import { exported, exportInput, hostileReport } from './export.factory.js';

const suitesOf = async (source: Uint8Array | object): Promise<XmlElement[]> =>
  (await xmlDocument(exported('junit', exportInput(source)), 'junit.xsd')).children;
const casesOf = (suite: XmlElement | undefined): XmlElement[] =>
  suite?.children.filter(({ name }) => name === 'testcase') ?? [];

describe('junit', () => {
  test.each([
    'live-mixed',
    'live-waived',
    'live-emptyp',
    'live-loaderr',
    'quirk-09_two_profiles_disjoint',
    'quirk-42_ctrl_id_with_dot_and_slash',
    'real-rhel-7-output',
    'real-overlay-mongo',
  ])('%s: keeps to the schema, and its counts are those of the report', async (name) => {
    const bytes = sampleReport(name);
    const { summary } = exportInput(bytes).evaluation;
    const suites = await suitesOf(bytes);
    const sum = (key: string): number => suites.reduce((total, { attributes }) => total + Number(attributes[key]), 0);
    expect([sum('tests'), sum('failures'), sum('errors'), sum('skipped')]).toEqual([
      summary.controls,
      summary.failed.total,
      summary.error.total,
      summary.skipped.total + summary.no_impact.total,
    ]);
    for (const suite of suites) {
      const kinds = casesOf(suite).flatMap(({ children }) => children.map((child) => child.name));
      expect(kinds.filter((kind) => kind === 'failure')).toHaveLength(Number(suite.attributes['failures']));
      expect(casesOf(suite)).toHaveLength(Number(suite.attributes['tests']));
    }
  });

  test('a suite a profile, a case a control, a failure for the failed one', async () => {
    const failed = control('V-1', [], {
      title: 'A title',
      impact: 0.7,
      results: [
        result('failed', { code_desc: 'File x', message: 'expected\nmore' }),
        result('passed', { run_time: 2e-7 }),
      ],
    });
    const waived = control('V-2', ['skipped'], {
      waiver_data: { skipped_due_to_waiver: true, justification: 'accepted' },
    });
    const suites = await suitesOf(
      report([profile('one', [failed]), profile('two', [waived, control('V-3', ['error'])])]),
    );
    expect(suites.map(({ attributes }) => attributes['name'])).toEqual(['one', 'two']);
    const [first] = casesOf(suites[0]);
    expect(first).toMatchObject({ attributes: { classname: 'one', name: 'V-1: A title', time: '0.010000' } });
    expect(first?.children).toMatchObject([
      {
        name: 'failure',
        attributes: { message: 'File x: expected', type: 'high' },
        text: '[failed] File x: expected\nmore\n[passed] it passed',
      },
    ]);
    expect(casesOf(suites[1]).map(({ children }) => [children[0]?.name, children[0]?.attributes['message']])).toEqual([
      ['skipped', 'Waived: accepted'],
      ['error', 'it error'],
    ]);
  });

  test('verdict, breaches and notes are properties of each suite', async () => {
    const [suite] = await suitesOf(
      report([profile('one', [control('a', ['failed'])])], { platform: { name: 'linux' } }),
    );
    const properties = suite?.children.find(({ name }) => name === 'properties')?.children ?? [];
    expect(properties.map(({ attributes }) => `${attributes['name']}: ${attributes['value']}`)).toEqual([
      'target: registry.example:5000/shop/web:1.2@sha256:00ff',
      'scan: scan_1',
      'platform: linux',
      'verdict: failed',
      'breach: failed.total.max: at most 0, found 1: a',
      'note: platform.release: should be a string and is missing',
    ]);
  });

  test('text stays text, and what XML cannot hold is replaced', async () => {
    const [suite] = await suitesOf(hostileReport());
    const names = casesOf(suite).map(({ attributes }) => attributes['name']);
    expect(names[1]).toBe('</script><script>alert(1)</script> 1: </script><script>alert(1)</script>');
    expect(names[4]).toContain(']]> <!-- --> &lt; &#60; <?xml ?>');
    expect(names[6]).toContain('\n```\n# heading');
    expect(names[7]).toContain('nul \uFFFD bell \uFFFD escape \uFFFD[31m half \uFFFD end');
  });

  test('a control with very many tests is cut', () => {
    const results = Array.from({ length: 5000 }, () => result('failed', { message: 'x'.repeat(100) }));
    expect(
      exported('junit', exportInput(report([profile('one', [control('a', [], { results })])]))).length,
    ).toBeLessThan(30_000);
  });
});

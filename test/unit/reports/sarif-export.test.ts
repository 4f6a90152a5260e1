import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { default as draft04 } from 'ajv-draft-04';
import { default as formats } from 'ajv-formats';
import { beforeAll, describe, expect, test } from 'vitest';
import { control, profile, report, result } from '../results/report.factory.js';
import { allSamples } from '../results/samples.js';
import { exported, exportInput, hostileReport } from './export.factory.js';

interface Sarif {
  runs: {
    tool: {
      driver: {
        rules: {
          id: string;
          name: string;
          shortDescription: { text: string };
          help: { text: string };
          properties: { tags: string[]; 'security-severity': string };
        }[];
      };
    };
    automationDetails: { id: string };
    invocations: { executionSuccessful: boolean; toolExecutionNotifications: unknown[] }[];
    properties: { verdict?: string; breaches?: string[] };
    results: {
      ruleId: string;
      ruleIndex: number;
      level: string;
      message: { text: string };
      partialFingerprints: Record<string, string>;
      locations: { physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } } }[];
    }[];
  }[];
}

let isValid: (value: unknown) => void;

beforeAll(() => {
  // The schema of OASIS, as the package of Microsoft's test matchers ships it.
  const path = createRequire(import.meta.url).resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
  // The schema has a pattern that is wrong by the rules of Unicode expressions.
  const ajv = new draft04.default({ strict: false, allErrors: true, unicodeRegExp: false });
  formats.default(ajv);
  const validate = ajv.compile(JSON.parse(readFileSync(path, 'utf8')) as object);
  isValid = (value) => {
    validate(value);
    expect(validate.errors ?? []).toEqual([]);
  };
});

function runOf(source: Uint8Array | object): Sarif['runs'][0] {
  const sarif = JSON.parse(exported('sarif', exportInput(source))) as Sarif;
  isValid(sarif);
  const [run] = sarif.runs;
  if (run === undefined) throw new Error('no run');
  return run;
}

describe('sarif', () => {
  test('the schema is one that refuses', () => {
    expect(() => isValid({ version: '2.1.0', runs: [{ tool: {} }] })).toThrow();
  });

  test.each(allSamples().filter(({ expected }) => expected.readable_by_saf))(
    '$name: valid, a result for each failed or broken control',
    ({ bytes }) => {
      const run = runOf(bytes);
      const { summary, controls } = exportInput(bytes).evaluation;
      expect(run.results).toHaveLength(summary.failed.total + summary.error.total);
      expect(run.tool.driver.rules).toHaveLength(
        new Set(controls.map(({ profileName, controlId }) => `${profileName}/${controlId}`)).size,
      );
      for (const { ruleId, ruleIndex } of run.results) expect(run.tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    },
  );

  test('rule and result say what failed, how bad it is, and where it is written', () => {
    const given = control('V-1', [], {
      title: 'No passwords',
      desc: 'Because.',
      impact: 0.9,
      tags: { nist: ['IA-5', 'Rev_4'], cci: ['CCI-1'], fix: 'Remove them.' },
      source_location: { ref: '/tmp/../x y/controls/a.rb', line: 12 },
      results: [result('failed', { code_desc: 'File /etc/shadow', message: 'has one' })],
    });
    const run = runOf(report([profile('base', [control('V-0', ['passed']), given])]));
    expect(run.tool.driver.rules[0]).toMatchObject({
      id: 'base/V-1',
      name: 'V-1',
      shortDescription: { text: 'No passwords' },
      help: { text: 'Description\nBecause.\n\nFix\nRemove them.' },
      defaultConfiguration: { level: 'error' },
      properties: { tags: ['compliance', 'severity:critical', 'IA-5', 'Rev_4', 'CCI-1'], 'security-severity': '9.5' },
    });
    expect(run.results).toMatchObject([
      {
        ruleId: 'base/V-1',
        level: 'error',
        message: { text: 'Failed: No passwords\nFile /etc/shadow: has one' },
        locations: [
          {
            physicalLocation: { artifactLocation: { uri: 'base/tmp/x%20y/controls/a.rb' }, region: { startLine: 12 } },
          },
        ],
      },
    ]);
    expect(run.automationDetails.id).toBe('sidescan/registry.example:5000/shop/web/');
    expect(run.properties).toMatchObject({
      verdict: 'failed',
      breaches: ['failed.total.max: at most 0, found 1: V-1'],
    });
  });

  test('fingerprints do not follow messages, lines or order, and are each their own', () => {
    const at = (message: string, line: number): object =>
      control('V-1', [], { results: [result('failed', { message })], source_location: { ref: 'a.rb', line } });
    const printOf = (source: object): string[] =>
      runOf(source).results.map(({ partialFingerprints }) => partialFingerprints['sidescanControl/v1'] ?? '');
    const [before] = printOf(report([profile('base', [at('one', 1)])]));
    const after = printOf(report([profile('base', [control('V-0', ['failed']), at('two', 9)])]));
    expect(after).toContain(before);
    expect(new Set(after).size).toBe(2);
    expect(new Set(printOf(report([profile('base', [at('x', 1), at('x', 1)])]))).size).toBe(2);
  });

  test('hostile text stays text, and locations stay relative', () => {
    const run = runOf(hostileReport());
    for (const { locations } of run.results) {
      const uri = locations[0]?.physicalLocation.artifactLocation.uri ?? '';
      expect(uri).not.toMatch(/^\/|(^|\/)\.\.(\/|$)|:/);
      expect(() => new URL(uri, 'file:///repository/')).not.toThrow();
    }
  });

  test("keeps to GitHub's limits: 25,000 results and rules, the worst of them", () => {
    const many = Array.from({ length: 25_010 }, (_, i) =>
      control(`c-${i}`, ['failed'], { impact: i === 25_009 ? 1 : 0.5 }),
    );
    const sarif = JSON.parse(exported('sarif', exportInput(report([profile('base', many)])))) as Sarif;
    const [run] = sarif.runs;
    expect(run?.results).toHaveLength(25_000);
    expect(run?.tool.driver.rules).toHaveLength(25_000);
    expect(run?.results[0]?.ruleId).toBe('base/c-25009');
  });

  test("keeps to GitHub's limits: lengths and tags of a rule", () => {
    const nist = Array.from({ length: 50 }, (_, n) => `AC-${n}`);
    const long = control('c'.repeat(500), ['failed'], {
      title: 't'.repeat(5000),
      desc: 'd'.repeat(100_000),
      tags: { nist },
    });
    const [rule] = runOf(report([profile('base', [long])])).tool.driver.rules;
    expect(rule?.properties.tags).toHaveLength(20);
    expect([rule?.id.length, rule?.name.length, rule?.shortDescription.text.length]).toEqual([255, 255, 1024]);
    expect(rule?.help.text.length).toBe(16 * 1024);
  });

  test('a report in which nothing was tested is no successful run', () => {
    const run = runOf(report([profile('base', [], { status: 'failed', status_message: 'boom' })]));
    expect(run.invocations).toMatchObject([
      {
        executionSuccessful: false,
        toolExecutionNotifications: [{ message: { text: 'Profile base did not load: boom' } }],
      },
    ]);
  });
});

import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { xmlDocument } from '../../support/xml.js';
import { sampleReport } from '../results/samples.js';

const MAIN = join(import.meta.dirname, '../../../dist/cli/main.js');
let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sidescan-cli-'));
  const names = [
    'live-allpass',
    'live-two',
    'live-emptyp',
    'quirk-01_all_statuses',
    'quirk-32_truncated',
    'quirk-38_rounds_up_99.6',
    'real-rhel-7-output',
  ];
  for (const name of names) writeFileSync(join(dir, `${name}.json`), sampleReport(name));
  const thresholds = {
    good: 'failed.total.max: 0\n',
    misspelt: 'faild.total.max: 0\n',
    empty: '',
    binary: Buffer.from([0xff, 0xfe, 0x00]),
  };
  for (const [name, text] of Object.entries(thresholds)) writeFileSync(join(dir, `${name}.yml`), text);
});
afterAll(() => rmSync(dir, { recursive: true }));

const sidescan = (args: string[], input?: string | Buffer): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [MAIN, ...args], {
    cwd: dir,
    encoding: 'utf8',
    ...(input === undefined ? {} : { input }),
  });

describe('exit codes of evaluate', () => {
  test.each([
    [0, ['live-allpass.json', '-T', 'good.yml']],
    [0, ['live-allpass.json', '-I', '{compliance.min: 100}, {failed.total.max: 0}']],
    [0, ['quirk-38_rounds_up_99.6.json', '-I', 'compliance.min: 100', '--mode', 'saf']],
    [1, ['quirk-38_rounds_up_99.6.json', '-I', 'compliance.min: 100']],
    [1, ['quirk-01_all_statuses.json', '-T', 'good.yml']],
    [1, ['live-allpass.json', 'quirk-01_all_statuses.json', '-T', 'good.yml']],
    [1, ['live-emptyp.json', '-T', 'good.yml']],
    [2, ['quirk-32_truncated.json', '-T', 'good.yml']],
    [2, ['live-allpass.json', 'quirk-01_all_statuses.json', 'quirk-32_truncated.json', '-T', 'good.yml']],
    [2, ['nowhere.json', '-T', 'good.yml']],
    [2, ['.', '-T', 'good.yml']],
    [2, ['live-allpass.json', '-T', 'nowhere.yml']],
    [2, ['live-allpass.json', '-T', 'misspelt.yml']],
    [2, ['live-allpass.json', '-T', 'empty.yml']],
    [2, ['live-allpass.json', '-T', 'binary.yml']],
    [2, ['live-allpass.json', '-T', 'empty.yml', '--mode', 'saf']],
    [2, ['live-allpass.json', '-T', 'live-allpass.json']],
    [2, ['live-allpass.json', '-I', '']],
    [2, ['live-allpass.json']],
    [2, ['live-allpass.json', '-T', 'good.yml', '--format', 'xml']],
    [2, []],
  ])('%d: %j', (code, args) => {
    for (const format of code === 2 ? [[]] : [[], ['-f', 'json'], ['-f', 'junit']]) {
      expect(sidescan(['evaluate', ...args, ...format]).status).toBe(code);
    }
  });

  test('standard input is read, and nothing on it is an error', () => {
    expect(sidescan(['evaluate', '-', '-T', 'good.yml'], sampleReport('live-allpass')).status).toBe(0);
    expect(sidescan(['evaluate', '-', '-T', 'good.yml'], '').status).toBe(2);
  });

  test('a reader that goes away does not change the verdict', () => {
    const script = `node "${MAIN}" evaluate quirk-01_all_statuses.json -T good.yml -f json | true; exit "\${PIPESTATUS[0]}"`;
    expect(spawnSync('bash', ['-c', script], { cwd: dir }).status).toBe(1);
  });
});

describe('what evaluate prints', () => {
  test('json: verdict, counts, breaches and errors of each report', () => {
    const { stdout, stderr } = sidescan([
      'evaluate',
      'quirk-01_all_statuses.json',
      'quirk-32_truncated.json',
      '-T',
      'good.yml',
      '--format',
      'json',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'error',
      mode: 'strict',
      reports: [
        {
          report: 'quirk-01_all_statuses.json',
          verdict: 'failed',
          summary: { failed: { total: 1 } },
          breaches: [{ key: 'failed.total.max', expected: 0, actual: 1, controls: ['high-fail'] }],
        },
        { report: 'quirk-32_truncated.json', verdict: 'error', error: { path: '$' } },
      ],
    });
    expect(stderr).toMatch(/^sidescan: quirk-32_truncated\.json: the report is not JSON, or it is cut off/);
  });

  test('json: what is wrong with the threshold, with its keys', () => {
    const { stdout } = sidescan(['evaluate', 'live-allpass.json', '-T', 'misspelt.yml', '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'error', errors: [{ key: 'faild.total.max' }], reports: [] });
  });

  test('table: a line a report, and one a breach', () => {
    const { stdout } = sidescan(['evaluate', 'live-allpass.json', 'quirk-01_all_statuses.json', '-T', 'good.yml']);
    expect(stdout.split('\n')).toEqual([
      'PASSED  live-allpass.json: compliance 100 %, passed 1, failed 0, skipped 0, not applicable 0, error 0',
      'FAILED  quirk-01_all_statuses.json: compliance 20 %, passed 1, failed 1, skipped 1, not applicable 1, error 2',
      '        failed.total.max: at most 0, found 1: high-fail',
      '',
    ]);
  });

  test('junit: a suite a report, a case a bound', async () => {
    const args = [
      'evaluate',
      'live-allpass.json',
      'quirk-01_all_statuses.json',
      'quirk-32_truncated.json',
      '-I',
      '{compliance.min: 1}, {failed.total.max: 0}',
      '-f',
      'junit',
    ];
    const suites = (await xmlDocument(sidescan(args).stdout, 'junit.xsd')).children;
    expect(
      suites.map(
        ({ attributes }) =>
          `${attributes['name']} ${attributes['tests']} ${attributes['failures']} ${attributes['errors']}`,
      ),
    ).toEqual(['live-allpass.json 2 0 0', 'quirk-01_all_statuses.json 2 1 0', 'quirk-32_truncated.json 1 0 1']);
    expect(
      suites[1]?.children.map(({ attributes, children }) => [attributes['name'], children[0]?.attributes['message']]),
    ).toEqual([
      ['failed.total.max', 'failed.total.max: at most 0, found 1: high-fail'],
      ['compliance.min', undefined],
    ]);
  });
});

describe('summary', () => {
  test('json and yaml hold the same, in the shape of saf summary', () => {
    const json = JSON.parse(
      sidescan(['summary', 'quirk-01_all_statuses.json', '--format', 'json', '--mode', 'saf']).stdout,
    ) as unknown;
    expect(json).toMatchObject([
      {
        profileName: 'all',
        resultSets: ['quirk-01_all_statuses.json'],
        compliance: 20,
        error: { total: 2, medium: 1, low: 1 },
      },
    ]);
    expect(parse(sidescan(['summary', 'quirk-01_all_statuses.json', '-f', 'yaml', '-m', 'saf']).stdout)).toEqual(json);
  });

  test('reports of one profile are summed before they are divided; saf averages', () => {
    const files = ['live-allpass.json', 'live-two.json'];
    const of = (mode: string): unknown => JSON.parse(sidescan(['summary', ...files, '-f', 'json', '-m', mode]).stdout);
    expect(of('strict')).toMatchObject([{ profileName: 'allpass', resultSets: files, compliance: 50, controls: 6 }]);
    expect(of('saf')).toMatchObject([{ profileName: 'allpass', compliance: 100, controls: 2 }]);
  });

  test('a table for people, and one for Markdown', () => {
    expect(sidescan(['summary', 'live-two.json']).stdout).toContain(
      'Total          2       3             0               0      0',
    );
    expect(sidescan(['summary', 'live-two.json', '-f', 'markdown']).stdout).toContain(
      '| Critical | 2 | 0 | 0 | 0 | 0 |',
    );
  });

  test.each([
    [0, ['live-two.json']],
    [2, ['live-two.json', 'quirk-32_truncated.json']],
    [2, []],
  ])('exits %d with %j, and prints no half of a summary', (code, args) => {
    const { status, stdout } = sidescan(['summary', ...args]);
    expect(status).toBe(code);
    expect(stdout === '').toBe(code === 2);
  });
});

describe('the program', () => {
  test('shows its usage', () => {
    expect(sidescan(['--help'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Exit code: 0 passed, 1 failed, 2 error') as string,
    });
    expect(sidescan([])).toMatchObject({ status: 2, stdout: '' });
    const { version } = JSON.parse(readFileSync(join(MAIN, '../../../package.json'), 'utf8')) as { version: string };
    expect(sidescan(['--version'])).toMatchObject({ status: 0, stdout: `sidescan ${version}\n` });
  });

  test.each(['scan', 'report', 'evaluate', 'summary'])('tells of %s what it takes, every option of it', (name) => {
    const { status, stdout } = sidescan([name, '--help']);
    expect([status, stdout.split(' ', 3)]).toEqual([0, ['Usage:', 'sidescan', name]]);
    expect(sidescan(['help', name]).stdout).toBe(stdout);
    expect(stdout.split('\n').filter((line) => line.length > 120)).toEqual([]);
  });

  test('a command line that is not understood is told in three lines, the reason first', () => {
    const { status, stderr } = sidescan(['evaluate', 'live-two.json', '--treshold', 'good.yml']);
    expect([status, stderr.split('\n')[0]]).toEqual([2, 'sidescan: there is no option --treshold; is it --threshold?']);
    expect(stderr.trim().split('\n').filter(Boolean)).toHaveLength(3);
    expect(sidescan(['scam']).stderr).toMatch(/^sidescan: there is no command "scam"\n\nCommands: scan, report,/);
  });

  test('offline it loads nothing but the reader of YAML: that is why it starts fast (npm run bench -- cli)', () => {
    const coverage = mkdtempSync(join(dir, 'loaded-'));
    const env = { ...process.env, NODE_V8_COVERAGE: coverage };
    for (const args of [
      ['evaluate', 'live-allpass.json', '-T', 'good.yml'],
      ['summary', 'live-allpass.json'],
    ])
      expect(spawnSync(process.execPath, [MAIN, ...args], { cwd: dir, env }).status).toBe(0);
    const loaded = readdirSync(coverage).flatMap((file) => {
      const { result } = JSON.parse(readFileSync(join(coverage, file), 'utf8')) as { result: { url: string }[] };
      return result.map(({ url }) => url);
    });
    expect(loaded.some((url) => url.endsWith('/dist/cli/main.js'))).toBe(true);
    const packages = loaded.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []);
    expect([...new Set(packages)]).toEqual(['yaml']);
    const server = /\/dist\/(platform|edge|auth|execution|config)\/|\/cli\/(remote|server-client)\.js$/;
    expect(loaded.filter((url) => server.test(url))).toEqual([]);
  });
});

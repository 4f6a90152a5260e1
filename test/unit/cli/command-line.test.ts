import { describe, expect, test } from 'vitest';
import { readCommandLine } from '../../../src/cli/command-line.js';
import { UsageError } from '../../../src/cli/usage.js';

describe('the command line', () => {
  test('summary, with its defaults', () => {
    expect(readCommandLine(['summary', 'a.json', 'b.json'])).toEqual({
      name: 'summary',
      reports: ['a.json', 'b.json'],
      format: 'table',
      mode: 'strict',
    });
  });

  test('evaluate, long and short', () => {
    const expected = { name: 'evaluate', reports: ['a.json'], format: 'junit', mode: 'saf' };
    expect(readCommandLine(['evaluate', 'a.json', '-T', 't.yml', '-f', 'junit', '-m', 'saf'])).toEqual({
      ...expected,
      threshold: { file: 't.yml' },
    });
    expect(readCommandLine(['evaluate', '--inline={a: 1}', '--format=junit', '--mode=saf', 'a.json'])).toEqual({
      ...expected,
      threshold: { inline: '{a: 1}' },
    });
  });

  test.each([
    [['-h'], null],
    [['--help'], null],
    [['help'], null],
    [['help', 'nothing'], null],
    [['help', 'scan'], 'scan'],
    [['summary', '--help'], 'summary'],
    [['evaluate', '-h'], 'evaluate'],
    [['scan', '--wait', '--help'], 'scan'],
    [['report', '--help'], 'report'],
  ])('%j asks for help', (args, about) => {
    expect(readCommandLine(args)).toEqual({ name: 'help', about });
  });

  test('--version asks for the version', () => {
    expect(readCommandLine(['--version'])).toEqual({ name: 'version' });
  });

  test.each([
    [[], 'which command?'],
    [['sumary'], 'there is no command "sumary"'],
    [['summary'], 'which report?'],
    [['summary', 'a', '--format', 'junit'], '--format is one of table, json, yaml, markdown; "junit" is not'],
    [['summary', 'a', '--mode', 'lax'], '--mode is one of strict, saf; "lax" is not'],
    [['summary', 'a', '-T', 'x'], /there is no option -T$/],
    [['summary', 'a', '--treshold', 'x'], /there is no option --treshold$/],
    [['evaluate', 'a', '--treshold', 'x'], /there is no option --treshold; is it --threshold\?$/],
    [['evaluate', 'a'], 'without a threshold there is no verdict: give -T FILE or -I TEXT'],
    [['evaluate', 'a', '-T', 'x', '-I', 'y'], 'give either -T or -I, not both'],
    [['evaluate', '-T', 'x'], 'which report?'],
    [['evaluate', 'a', '-T'], /argument missing/],
  ])('%j is refused', (args, message) => {
    expect(() => readCommandLine(args)).toThrow(UsageError);
    expect(() => readCommandLine(args)).toThrow(message);
  });
});

describe('the command line of a server', () => {
  const SCAN = ['scan', '--image', 'web:1', '--profile', 'baseline'];
  const server = { url: null, keyFile: null, retrySeconds: 120 };

  test('scan, with its defaults', () => {
    expect(readCommandLine(SCAN)).toEqual({
      name: 'scan',
      server,
      image: 'web:1',
      pullSecret: null,
      profile: { name: 'baseline' },
      threshold: null,
      labels: {},
      timeoutSeconds: null,
      securityMode: null,
      allow: [],
      given: { inputs: [], inputFiles: [], sensitiveInputFiles: [], waiverFiles: [] },
      wait: false,
      format: 'table',
    });
  });

  test.each([
    [['--profile', 'a@1.2.3'], { name: 'a', version: '1.2.3' }],
    [['--profile', 'a@b@1'], { name: 'a@b', version: '1' }],
    [['--config-map', 'mine'], { configMap: 'mine' }],
    [['--digest', 'sha256:0'], { digest: 'sha256:0' }],
  ])('the profile of %j', (args, profile) => {
    expect(readCommandLine(['scan', '--image', 'web:1', ...args])).toMatchObject({ profile });
  });

  test('a label may be named like anything', () => {
    expect(readCommandLine([...SCAN, '--label', '__proto__=x', '--label', 'a='])).toMatchObject({
      labels: JSON.parse('{"__proto__": "x", "a": ""}') as object,
    });
  });

  test('report, with its defaults', () => {
    expect(readCommandLine(['report', 'scan_1'])).toEqual({
      name: 'report',
      server,
      id: 'scan_1',
      format: 'json',
      output: null,
    });
  });

  test.each([
    [['scan', '--profile', 'a'], 'which image?'],
    [['scan', '--image', 'a'], 'which profile?'],
    [[...SCAN, '--config-map', 'b'], 'which profile?'],
    [[...SCAN, 'stray'], /Unexpected argument 'stray'/],
    [[...SCAN, '-T', 'a', '--threshold-name', 'b'], 'only one of -T, -I and --threshold-name'],
    [[...SCAN, '--label', '=x'], 'KEY=VALUE'],
    [[...SCAN, '--retry-for', '86401'], 'number of seconds'],
    [[...SCAN, '--format', 'html'], '--format is one of table, json, junit'],
    [['report'], 'the report of which scan?'],
    [['report', 'a', 'b'], 'the report of which scan?'],
    [['report', 'a', '--wait'], /there is no option --wait$/],
    [[...SCAN, '--waiver', 'w.yml'], /is it --waiver-file\?$/],
    [[...SCAN, '--labels', 'a=b'], /is it --label\?$/],
    [[...SCAN, '--mode', 'saf'], /is it --security-mode\?$/],
    [[...SCAN, '-x'], /there is no option -x$/],
  ])('%j is refused', (args, message) => {
    expect(() => readCommandLine(args)).toThrow(UsageError);
    expect(() => readCommandLine(args)).toThrow(message);
  });
});

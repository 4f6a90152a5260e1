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

  test.each([[['-h']], [['--help']], [['help']], [['summary', '--help']], [['evaluate', '-h']]])(
    '%j asks for help',
    (args) => {
      expect(readCommandLine(args)).toEqual({ name: 'help' });
    },
  );

  test.each([
    [[], 'which command?'],
    [['sumary'], 'there is no command "sumary"'],
    [['summary'], 'which report?'],
    [['summary', 'a', '--format', 'junit'], '--format is one of table, json, yaml, markdown; "junit" is not'],
    [['summary', 'a', '--mode', 'lax'], '--mode is one of strict, saf; "lax" is not'],
    [['summary', 'a', '-T', 'x'], /Unknown option '-T'/],
    [['summary', 'a', '--treshold', 'x'], /Unknown option '--treshold'/],
    [['evaluate', 'a'], 'without a threshold there is no verdict: give -T FILE or -I TEXT'],
    [['evaluate', 'a', '-T', 'x', '-I', 'y'], 'give either -T or -I, not both'],
    [['evaluate', '-T', 'x'], 'which report?'],
    [['evaluate', 'a', '-T'], /argument missing/],
  ])('%j is refused', (args, message) => {
    expect(() => readCommandLine(args)).toThrow(UsageError);
    expect(() => readCommandLine(args)).toThrow(message);
  });
});

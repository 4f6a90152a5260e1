import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { MAX_REPORT_BYTES } from '../../../src/results/decode-report.js';
import { evaluate } from '../../../src/results/evaluate.js';
import { MAX_NAME, parseReport, ReportError } from '../../../src/results/parse-report.js';
import { control, profile, report, result } from './report.factory.js';
import { sampleReport } from './samples.js';

const good = report([profile('base', [control('a', ['passed'])])]);

function refusal(input: Uint8Array | string): string {
  try {
    parseReport(input);
  } catch (error) {
    if (error instanceof ReportError) return error.message;
    throw error;
  }
  return 'read';
}

function faultsOf(value: unknown): string[] {
  return parseReport(JSON.stringify(value)).faults.map(({ path, detail }) => `${path}: ${detail}`);
}

describe('what is no report', () => {
  test.each([
    ['nothing', '', /^the report is empty/],
    ['white space', ' \n\t ', /^the report is empty/],
    ['a message', 'Error: profile not found', /^the report is not JSON/],
    ['a cut-off report', sampleReport('quirk-32_truncated').toString(), /not JSON, or it is cut off/],
    ['null', 'null', /^a report is a JSON object, and this is null$/],
    ['a list', '[]', /^a report is a JSON object, and this is a list$/],
    ['a number', '5', /this is a number$/],
    ['an empty object', '{}', /^profiles: missing: this is not a report/],
    ['profiles that are no list', '{"profiles":{}}', /^profiles: should be a list and is an object$/],
    [
      'a profile that is no object',
      '{"profiles":[3]}',
      /^profiles\[0\]: a profile should be an object and is a number$/,
    ],
    [
      'a profile without controls',
      '{"profiles":[{"name":"x"}]}',
      /^profiles\[0\]\.controls: should be a list and is missing$/,
    ],
    ['json-min', '{"controls":[{"id":"a","status":"passed"}],"version":"7"}', /this is json-min/],
    ['a profile', '{"name":"x","controls":[],"generator":{"name":"inspec"}}', /this is a profile/],
    ['deep nesting', `{"profiles":${'['.repeat(100)}${']'.repeat(100)}}`, /nests deeper than 64 levels/],
    ['deep nesting, never closed', '['.repeat(1_000_000), /nests deeper than 64 levels/],
  ])('%s is refused', (_name, text, reason) => {
    expect(refusal(text)).toMatch(reason);
  });

  test('bytes that are not UTF-8, UTF-16 and gzip are named', () => {
    const text = JSON.stringify(good);
    expect(refusal(Buffer.from(text.replace('base', 'b\xe4se'), 'latin1'))).toBe('the report is not valid UTF-8');
    expect(refusal(Buffer.from(`\uFEFF${text}`, 'utf16le'))).toMatch(/is UTF-16/);
    expect(refusal(gzipSync(text))).toMatch(/is gzip/);
  });

  test('more than 64 MiB is refused before it is parsed', () => {
    expect(refusal(Buffer.alloc(MAX_REPORT_BYTES + 1, 0x20))).toMatch(
      /^the report has 67108865 bytes; the limit is 67108864/,
    );
  });

  test.each([
    [
      'objects and lists',
      `{"profiles":[${'[],'.repeat(1_500_000)}[]]}`,
      'the report holds more than 1500000 objects and lists',
    ],
    ['values', `{"profiles":[${'1,'.repeat(3_000_001)}1]}`, 'the report holds more than 3000000 values'],
  ])('millions of %s are refused before they take memory', (_name, text, reason) => {
    const before = process.memoryUsage().heapTotal;
    expect(refusal(text)).toBe(reason);
    expect(process.memoryUsage().heapTotal - before).toBeLessThan(32 * 1024 * 1024);
  });

  test('brackets, quotes and backslashes within strings do not count as nesting', () => {
    const code = `${'['.repeat(500)} \\" \\\\" \\`;
    const read = parseReport(JSON.stringify(report([profile('base', [control('a', ['passed'], { code })])])));
    expect(read.profiles[0]?.controls[0]?.code).toBe(code);
  });
});

describe('what is read although the SAF CLI refuses it', () => {
  test('a byte order mark, in bytes and in text', () => {
    const text = `\uFEFF${JSON.stringify(good)}`;
    for (const input of [text, Buffer.from(text)]) {
      const read = parseReport(input);
      expect(read.faults).toEqual([{ path: '$', detail: 'a byte order mark stands before the report' }]);
      expect(evaluate(read, 'strict').summary.passed.total).toBe(1);
      expect(() => evaluate(read, 'saf')).toThrow(/byte order mark.*SAF CLI refuses/);
    }
  });

  test('a target without a release', () => {
    const read = parseReport(JSON.stringify({ ...good, platform: { name: 'linux' } }));
    expect(read.faults).toEqual([{ path: 'platform.release', detail: 'should be a string and is missing' }]);
    expect(evaluate(read, 'strict').summary.compliance).toBe(100);
    expect(() => evaluate(read, 'saf')).toThrow(/^platform\.release/);
  });

  test.each<[string, unknown, string]>([
    ['no object', 7, 'profiles[0].controls[1]: a control should be an object and is a number'],
    ['no id', { ...control('x', ['passed']), id: undefined }, 'profiles[0].controls[1].id: a control must have an id'],
    [
      'an impact that is text',
      control('x', ['passed'], { impact: '0.7' }),
      'profiles[0].controls[1].impact: should be a number and is a string',
    ],
    [
      'no results',
      control('x', [], { results: null }),
      'profiles[0].controls[1].results: should be a list and is null',
    ],
    [
      'a result that is text',
      control('x', [], { results: ['passed'] }),
      'profiles[0].controls[1].results[0]: a result should be an object and is a string',
    ],
    [
      'an unknown status',
      control('x', ['passed', 'PASSED']),
      'profiles[0].controls[1].results[1].status: should be passed, failed, skipped or error and is "PASSED"',
    ],
  ])('a control with %s counts as an error, never as a pass', (_name, wrong, fault) => {
    const text = JSON.stringify(report([profile('base', [control('a', ['passed']), wrong])]));
    const read = parseReport(text);
    expect(read.faults.map(({ path, detail }) => `${path}: ${detail}`)).toEqual([fault]);
    const { summary, notes, controls } = evaluate(read, 'strict');
    expect([summary.passed.total, summary.error.total, summary.controls]).toEqual([1, 1, 2]);
    expect(notes).toContain(fault);
    expect(controls[1]?.message).toBe(`The report is wrong here: ${fault}`);
    expect(() => evaluate(read, 'saf')).toThrow(ReportError);
  });

  test.each<[string, unknown, string]>([
    ['tags', control('x', ['passed'], { tags: null }), 'profiles[0].controls[0].tags: should be an object and is null'],
    [
      'a severity tag',
      control('x', ['passed'], { tags: { severity: 3 } }),
      'profiles[0].controls[0].tags.severity: should be a string and is a number',
    ],
    [
      'a waiver',
      control('x', ['passed'], { waiver_data: 'yes' }),
      'profiles[0].controls[0].waiver_data: should be an object and is a string; the control counts as not waived',
    ],
  ])('wrong %s are told and do not change what the tests said', (_name, wrong, fault) => {
    const value = report([profile('base', [wrong])]);
    expect(faultsOf(value)).toEqual([fault]);
    expect(evaluate(parseReport(JSON.stringify(value)), 'strict').summary.passed.medium).toBe(1);
  });
});

describe('hostile reports', () => {
  test('__proto__ and other names of Object are data', () => {
    const text = JSON.stringify(
      report([profile('base', [control('constructor', ['failed'], { tags: { a: 1 } })])]),
    ).replace('"a":1', '"__proto__":{"severity":"none","polluted":true},"constructor":"x"');
    const { controls } = evaluate(parseReport(text), 'strict');
    expect(controls[0]).toMatchObject({ controlId: 'constructor', severity: 'medium', status: 'failed' });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('NUL characters and halves of surrogate pairs stay as they are: what is stored or written out is cleaned there', () => {
    const wrong = control('a\0b', [], { title: 'x\0', results: [result('failed', { message: 'y\ud800z' })] });
    const { controls } = evaluate(parseReport(JSON.stringify(report([profile('p', [wrong])]))), 'strict');
    expect(controls).toMatchObject([
      { controlId: 'a\0b', title: 'x\0', status: 'failed', message: 'it failed: y\ud800z' },
    ]);
  });

  test('version and duration are read, and a version that is none is told', () => {
    const read = (more: object): unknown => {
      const { version, duration, faults } = parseReport(JSON.stringify(report([], { ...more })));
      return { version, duration, faults };
    };
    expect(read({})).toEqual({ version: '7.1.16', duration: 0.1, faults: [] });
    expect(read({ statistics: null, version: 7 })).toEqual({
      version: null,
      duration: null,
      faults: [{ path: 'version', detail: 'should be a string and is a number' }],
    });
  });

  test('platform and names of profiles that are missing are told', () => {
    expect(faultsOf(report([], { platform: null }))).toEqual(['platform: should be an object and is null']);
    expect(faultsOf(report([], { platform: {} }))).toEqual([
      'platform.name: should be a string and is missing',
      'platform.release: should be a string and is missing',
    ]);
    const nameless = { ...profile('p', [control('a', ['passed'])]), name: 5 };
    expect(faultsOf(report([nameless]))).toEqual(['profiles[0].name: should be a string and is a number']);
    expect(parseReport(JSON.stringify(report([nameless]))).profiles[0]?.name).toBe('profiles[0]');
  });

  test('a key that stands twice counts as it stands last', () => {
    const text = JSON.stringify(report([profile('p', [control('a', ['passed'])])]));
    const twice = text.replace('"status":"passed"', '"status":"passed","status":"failed"');
    expect(evaluate(parseReport(twice), 'strict').controls).toMatchObject([{ status: 'failed' }]);
  });

  test('names are short, for they stand beside every control', () => {
    const named = (name: string): string => JSON.stringify(report([profile(name, [])]));
    expect(parseReport(named('n'.repeat(MAX_NAME))).profiles[0]?.name).toHaveLength(1024);
    expect(refusal(named('n'.repeat(MAX_NAME + 1)))).toBe('profiles[0].name: has 1025 characters; the limit is 1024');
    const platform = { name: 'p'.repeat(MAX_NAME + 1), release: 'r'.repeat(MAX_NAME) };
    const read = parseReport(JSON.stringify(report([], { platform })));
    expect(read.platform).toEqual({ name: 'p'.repeat(1024), release: platform.release });
    expect(read.faults).toEqual([{ path: 'platform.name', detail: 'has 1025 characters; it is cut after 1024' }]);
  });

  test.each([
    ['1e999', 'should be a number and is a number without end', 'error'],
    ['"0.5"', 'should be a number and is a string', 'error'],
    ['-0.1', 'should be from 0 to 1 and is -0.1', 'passed'],
    ['1.1', 'should be from 0 to 1 and is 1.1', 'passed'],
  ])('an impact of %s is told', (impact, detail, status) => {
    const text = JSON.stringify(report([profile('p', [control('a', ['passed'], { impact: 'here' })])]));
    const read = parseReport(text.replace('"here"', impact));
    expect(read.faults).toEqual([{ path: 'profiles[0].controls[0].impact', detail }]);
    expect(evaluate(read, 'strict').controls).toMatchObject([{ status }]);
  });

  test('a control that cannot be judged weighs as much as any', () => {
    const read = parseReport(JSON.stringify(report([profile('p', [control('a', ['passed'], { impact: null }), 7])])));
    expect(evaluate(read, 'strict').controls).toMatchObject([
      { status: 'error', severity: 'critical', impact: 1 },
      { status: 'error', severity: 'critical', impact: 1 },
    ]);
  });

  test('faults are told up to a limit', () => {
    const wrong = Array.from({ length: 500 }, () => 1);
    const faults = faultsOf(report([profile('base', wrong)]));
    expect(faults).toHaveLength(101);
    expect(faults.at(-1)).toBe('$: and 400 more');
  });

  test('a dump in status_message is cut', () => {
    const read = parseReport(
      JSON.stringify(report([profile('base', [], { status: 'failed', status_message: 'x'.repeat(100_000) })])),
    );
    expect(read.profiles[0]?.statusMessage).toHaveLength(1024);
  });
});

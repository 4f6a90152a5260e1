import { describe, expect, test } from 'vitest';
import { sumSummaries } from '../../../src/results/counts.js';
import { evaluate } from '../../../src/results/evaluate.js';
import type { ControlStatus, Evaluation } from '../../../src/results/evaluation.js';
import { type Line, linesOf, rootOf } from '../../../src/results/lineage.js';
import { parseReport } from '../../../src/results/parse-report.js';
import { severityOf } from '../../../src/results/severity.js';
import { statusOf } from '../../../src/results/status.js';
import { control, profile, report, result, strictly } from './report.factory.js';
import { allSamples, sampleReport } from './samples.js';

const readable = allSamples().filter(({ expected }) => expected.readable_by_saf);
const broke = (status: string): object => result(status, { backtrace: ['a.rb:1'] });

describe('status', () => {
  test.each<[ControlStatus, string, object]>([
    ['error', 'no tests', control('a', [])],
    ['failed', 'passed and failed', control('a', ['passed', 'failed', 'skipped'])],
    ['passed', 'passed and skipped', control('a', ['passed', 'skipped'])],
    ['skipped', 'only skipped', control('a', ['skipped'])],
    ['error', 'no status at all', control('a', [], { results: [result(undefined)] })],
    ['error', 'one error among passes', control('a', ['passed', 'error'])],
    ['error', 'a backtrace', control('a', [], { results: [result('passed'), broke('failed')] })],
    ['error', 'an empty backtrace', control('a', [], { results: [result('passed', { backtrace: [] })] })],
    ['passed', 'a backtrace that is null', control('a', [], { results: [result('passed', { backtrace: null })] })],
    ['no_impact', 'impact 0', control('a', ['failed'], { impact: 0 })],
    ['error', 'impact 0 with an error', control('a', [], { impact: 0, results: [broke('failed')] })],
    ['no_impact', 'impact 0 without tests', control('a', [], { impact: 0 })],
    ['no_impact', 'waived and not run', control('a', ['skipped'], { waiver_data: { skipped_due_to_waiver: true } })],
    [
      'failed',
      'waived but run',
      control('a', ['failed'], { waiver_data: { skipped_due_to_waiver: false, run: true } }),
    ],
    ['error', 'waived with an error', control('a', ['error'], { waiver_data: { skipped_due_to_waiver: true } })],
  ])('%s: %s', (status, _name, given) => {
    expect(strictly(given).controls[0]?.status).toBe(status);
  });

  test('strict: only_applicable_if is Not Applicable, not an error', () => {
    const noop = result('failed', {
      resource_class: 'noop',
      backtrace: ['x'],
      message: 'N/A control due to only_applicable_if',
    });
    expect(strictly(control('a', [], { impact: 0, results: [noop] })).controls[0]?.status).toBe('no_impact');
    expect(strictly(control('a', [], { impact: 0.5, results: [noop] })).controls[0]?.status).toBe('error');
    expect(strictly(control('a', [], { impact: 0, results: [noop, broke('failed')] })).controls[0]?.status).toBe(
      'error',
    );
    const live = parseReport(sampleReport('live-mixed'));
    const of = (mode: 'saf' | 'strict'): string | undefined =>
      evaluate(live, mode).controls.find(({ controlId }) => controlId === 'c-only-applicable')?.status;
    expect([of('saf'), of('strict')]).toEqual(['error', 'no_impact']);
  });

  test('a control without an id is an error; SAF, which reads it, judges it by its tests', () => {
    const read = parseReport(JSON.stringify(report([profile('base', [control('', ['passed'])])])));
    expect(evaluate(read, 'strict').controls).toMatchObject([
      { controlId: 'profiles[0].controls[0]', status: 'error' },
    ]);
    expect(evaluate(read, 'saf').controls[0]?.status).toBe('passed');
  });

  test('a waived control keeps its mark beside its status', () => {
    const { controls, summary } = evaluate(parseReport(sampleReport('quirk-02_waived')), 'strict');
    const marks = Object.fromEntries(
      controls.map(({ controlId, status, waived }) => [controlId, `${status} ${waived}`]),
    );
    expect(marks).toMatchObject({
      'w-skip-expl': 'no_impact true',
      'w-error': 'error true',
      'w-run-fail': 'failed false',
      'w-expired-fail': 'failed false',
    });
    expect(summary.waived).toBe(4);
  });
});

describe('severity', () => {
  test.each([
    [-1, 'none'],
    [0.0999, 'none'],
    [0.1, 'low'],
    [0.3999, 'low'],
    [0.4, 'medium'],
    [0.6999, 'medium'],
    [0.7, 'high'],
    [0.8999, 'high'],
    [0.9, 'critical'],
    [7, 'critical'],
  ])('impact %d is %s', (impact, severity) => {
    expect(strictly(control('a', ['failed'], { impact })).controls[0]?.severity).toBe(severity);
  });

  test.each([
    [{ severity: 'high' }, 'high', 'high'],
    [{ severity: 'High' }, 'high', 'High'],
    [{ severity: 'high', severityoverride: 'low' }, 'low', 'low'],
    [{ severity: 'high', severityoverride: 'urgent' }, 'high', 'high'],
    [{ severity: 'urgent' }, 'medium', 'medium'],
    [{ severity: '' }, 'medium', 'medium'],
    [{ severity: null, severityoverride: null }, 'medium', 'medium'],
  ])('tags %j: %s, in saf %s', (tags, strict, saf) => {
    const read = parseReport(JSON.stringify(report([profile('base', [control('a', ['failed'], { tags })])])));
    expect(evaluate(read, 'strict').controls[0]?.severity).toBe(strict);
    expect(evaluate(read, 'saf').controls[0]?.severity).toBe(saf);
  });

  test('a control in no bucket is in the total of strict and not in that of saf', () => {
    const read = parseReport(sampleReport('quirk-03_severity_tags'));
    expect(evaluate(read, 'saf').summary.failed).toEqual({ total: 2, critical: 0, high: 0, medium: 1, low: 1 });
    expect(evaluate(read, 'strict').summary.failed).toEqual({ total: 5, critical: 1, high: 0, medium: 2, low: 1 });
  });
});

describe('all profiles', () => {
  test.each(readable)('$name: the rules of saf over all profiles count what Heimdall counts', ({ bytes, expected }) => {
    const counts: Record<string, number> = { passed: 0, failed: 0, skipped: 0, no_impact: 0, error: 0 };
    const severities: Record<string, number> = {};
    const roots = new Map<Line, Line>();
    for (const line of linesOf(parseReport(bytes), 'saf', [])) {
      if (line.extended) continue;
      const root = rootOf(line, roots).data;
      counts[statusOf(root, 'saf')]!++;
      severities[severityOf(root, 'saf')] = (severities[severityOf(root, 'saf')] ?? 0) + 1;
    }
    expect(counts).toEqual({
      passed: expected.all_profiles?.counts.Passed,
      failed: expected.all_profiles?.counts.Failed,
      skipped: expected.all_profiles?.counts['Not Reviewed'],
      no_impact: expected.all_profiles?.counts['Not Applicable'],
      error: expected.all_profiles?.counts['Profile Error'],
    });
    expect(severities).toEqual(expected.all_profiles?.severity);
  });

  /** Where strict differs from Heimdall, and how: passed, failed, skipped, no_impact, error. Everywhere else they count the same. */
  const DIFFERENT: Record<string, [counts: number[], why: string]> = {
    'live-enhanced': [[3, 4, 3, 4, 5], 'only_applicable_if'],
    'live-mixed': [[3, 6, 3, 2, 5], 'only_applicable_if'],
    'live-waived': [[3, 4, 3, 4, 5], 'only_applicable_if'],
    'quirk-06_dup2': [[2, 1, 0, 0, 0], 'an id that stands twice'],
    'quirk-07_dup3': [[2, 2, 0, 0, 0], 'an id that stands twice'],
    'quirk-08_dup_empty_first': [[0, 1, 0, 0, 1], 'an id that stands twice'],
    'quirk-10_two_profiles_same_ids': [[1, 3, 0, 0, 0], 'profiles without a link'],
    'quirk-16_parent_alias_mismatch': [[1, 0, 0, 0, 1], 'profiles without a link'],
  };

  test.each(readable)(
    '$name: strict counts as Heimdall does, but for the documented differences',
    ({ name, bytes, expected }) => {
      const { summary } = evaluate(parseReport(bytes), 'strict');
      const heimdall = expected.all_profiles?.counts;
      const counts = [summary.passed, summary.failed, summary.skipped, summary.no_impact, summary.error].map(
        ({ total }) => total,
      );
      const theirs = [
        heimdall?.Passed,
        heimdall?.Failed,
        heimdall?.['Not Reviewed'],
        heimdall?.['Not Applicable'],
        heimdall?.['Profile Error'],
      ];
      const different = DIFFERENT[name];
      expect(counts).toEqual(different?.[0] ?? theirs);
      if (different !== undefined) expect(counts).not.toEqual(theirs);
      else
        expect(Math.trunc(summary.compliance * 100) / 100).toBe(
          Number.parseFloat(expected.all_profiles?.complianceDisplayed ?? ''),
        );
    },
  );
});

describe('roots', () => {
  const evaluated = (...profiles: unknown[]): string[] =>
    evaluate(parseReport(JSON.stringify(report(profiles))), 'strict').controls.map(
      ({ profileName, controlId, status, impact }) => `${profileName}/${controlId} ${status} ${impact}`,
    );

  test('an overlay takes status and impact from the end of its chain', () => {
    const top = profile('top', [control('a', [], { impact: 1 })]);
    const middle = profile('middle', [control('a', [], { impact: 0.1 })], { parent_profile: 'top' });
    const base = profile('base', [control('a', ['failed'], { impact: 0.7 })], { parent_profile: 'middle' });
    expect(evaluated(top, middle, base)).toEqual(['top/a failed 0.7']);
    expect(evaluated(base, middle, top)).toEqual(['top/a failed 0.7']);
  });

  test('what an overlay leaves out and what is its own count as well', () => {
    const over = profile('over', [control('a', []), control('own', ['passed'])]);
    const base = profile('base', [control('a', ['failed']), control('b', ['skipped'])], { parent_profile: 'over' });
    expect(evaluated(over, base)).toEqual(['over/a failed 0.5', 'over/own passed 0.5', 'base/b skipped 0.5']);
  });

  test('the first child that holds an id is the base', () => {
    const wrap = profile('wrap', [control('a', [])]);
    const one = profile('one', [control('a', ['failed'])], { parent_profile: 'wrap' });
    const two = profile('two', [control('a', ['passed'])], { parent_profile: 'wrap' });
    expect(evaluated(wrap, one, two)).toEqual(['wrap/a failed 0.5', 'two/a passed 0.5']);
  });

  test('a parent that is not there is no link, and unlinked profiles stay apart', () => {
    const over = profile('over', [control('a', ['passed'])]);
    const base = profile('base', [control('a', ['failed'])], { parent_profile: 'elsewhere' });
    expect(evaluated(over, base)).toEqual(['over/a passed 0.5', 'base/a failed 0.5']);
  });

  test('of two profiles of one name the first is the parent', () => {
    const one = profile('over', [control('a', ['failed'], { impact: 0.1 })]);
    const other = profile('over', [control('a', ['passed'], { impact: 0.2 })]);
    const base = profile('base', [control('a', ['skipped'], { impact: 0.3 })], { parent_profile: 'over' });
    expect(evaluated(one, other, base)).toEqual(['over/a skipped 0.3', 'over/a passed 0.2']);
  });

  test('a profile that is its own parent is counted, and told; mode saf counts none of it, as SAF does', () => {
    const own = parseReport(
      JSON.stringify(report([profile('own', [control('a', ['failed'])], { parent_profile: 'own' })])),
    );
    const { controls, notes } = evaluate(own, 'strict');
    expect(controls).toMatchObject([{ controlId: 'a', status: 'failed' }]);
    expect(notes).toEqual([
      'profiles[0].parent_profile: own and its parents extend each other in a circle; the link is left out',
    ]);
    expect(evaluate(own, 'saf').controls).toEqual([]);
  });

  test('profiles in a circle are counted, and the circle is told', () => {
    const one = profile('one', [control('a', ['failed'])], { parent_profile: 'two' });
    const two = profile('two', [control('a', ['passed'])], { parent_profile: 'one' });
    const self = profile('self', [control('b', ['failed'])], { parent_profile: 'self' });
    const evaluation = evaluate(parseReport(JSON.stringify(report([one, two, self]))), 'strict');
    expect(evaluation.controls.length).toBeGreaterThanOrEqual(2);
    expect(evaluation.summary.failed.total).toBeGreaterThanOrEqual(1);
    expect(evaluation.controls.some(({ profileName }) => profileName === 'self')).toBe(true);
    expect(evaluation.notes.filter((note) => note.includes('in a circle'))).toHaveLength(2);
  });
});

describe('tested', () => {
  test.each([
    ['a passed control', [control('a', ['passed'])], {}, true],
    ['a failed control', [control('a', ['failed'])], {}, true],
    ['no controls', [], {}, false],
    ['an unsupported platform', [], { status: 'skipped', status_message: 'Skipping profile' }, false],
    ['a profile that did not load', [], { status: 'failed', status_message: 'undefined method' }, false],
    ['a profile that did not load, with a control', [control('a', ['passed'])], { status: 'failed' }, false],
    ['only skips', [control('a', ['skipped'])], {}, false],
    ['only errors', [control('a', ['error'])], {}, false],
    ['only Not Applicable', [control('a', ['passed'], { impact: 0 })], {}, false],
  ])('%s', (_name, controls, more, tested) => {
    expect(evaluate(parseReport(JSON.stringify(report([profile('base', controls, more)]))), 'strict').tested).toBe(
      tested,
    );
  });

  test('a dependency that did not load spoils the profile; one for another platform does not, and both are told', () => {
    const lacking = (status: string): Evaluation =>
      evaluate(
        parseReport(
          JSON.stringify(
            report([
              profile('over', [control('a', ['passed'])], {
                depends: [{ name: 'there', status: 'loaded' }, { name: 'base', status, status_message: 'why' }, 5],
              }),
            ]),
          ),
        ),
        'strict',
      );
    expect(lacking('failed')).toMatchObject({
      tested: false,
      notes: ['Profile base, on which over depends, did not load: why'],
    });
    expect(lacking('skipped')).toMatchObject({
      tested: true,
      notes: ['Profile base, on which over depends, was skipped: why'],
    });
    expect(lacking('loaded')).toMatchObject({ tested: true, notes: [] });
  });

  test('no profile at all', () => {
    const evaluation = evaluate(parseReport(JSON.stringify(report([]))), 'strict');
    expect(evaluation.tested).toBe(false);
    expect(evaluation.notes).toEqual(['The report holds no profile.']);
  });

  test('one profile of two that did not load spoils the other', () => {
    const profiles = [
      profile('good', [control('a', ['passed'])]),
      profile('bad', [], { status: 'failed', status_message: 'boom' }),
    ];
    const evaluation = evaluate(parseReport(JSON.stringify(report(profiles))), 'strict');
    expect(evaluation.tested).toBe(false);
    expect(evaluation.notes).toEqual(['Profile bad did not load: boom']);
  });

  test('one profile of two for another platform does not', () => {
    expect(evaluate(parseReport(sampleReport('quirk-18_profile_skipped')), 'strict').tested).toBe(true);
  });
});

describe('notes', () => {
  const notesOf = (profiles: unknown[], mode: 'strict' | 'saf' = 'strict'): string[] =>
    evaluate(parseReport(JSON.stringify(report(profiles))), mode).notes;

  test('of profiles', () => {
    expect(notesOf([profile('a', [control('x', ['passed'])])])).toEqual([]);
    expect(notesOf([profile('a', [])])).toEqual(['Profile a has no controls.']);
    expect(notesOf([profile('a', [], { status: 'skipped' })])).toEqual(['Profile a was skipped']);
    expect(notesOf([profile('a', [], { status: 'failed', status_message: '' })])).toEqual(['Profile a did not load']);
  });

  test('of mode saf, which counts one profile', () => {
    const one = profile('a', [control('x', ['passed'])]);
    const two = profile('b', [control('y', ['failed'])]);
    expect(notesOf([one], 'saf')).toEqual([]);
    expect(notesOf([one, two], 'saf')).toEqual(['Mode saf counts the controls of the first profile only.']);
    expect(notesOf([one, two])).toEqual([]);
  });

  test('of ids that stand more than once in a profile, twenty of them at most', () => {
    const twice = (count: number): unknown[] =>
      Array.from({ length: count }, (_, i) => [control(`c${i}`, ['passed']), control(`c${i}`, ['failed'])]).flat();
    expect(
      notesOf([profile('a', [...twice(1), control('c0', [])]), profile('b', [control('c0', ['passed'])])]),
    ).toEqual(['Control c0 of profile a stands 3 times; each is counted.']);
    expect(notesOf([profile('a', twice(20))])).toHaveLength(20);
    const many = notesOf([profile('a', twice(22))]);
    expect(many).toHaveLength(21);
    expect(many.at(-1)).toBe('and 2 more ids that stand more than once');
  });
});

describe('messages', () => {
  test('are of what did not pass, whatever the status of the control', () => {
    const given = control('a', ['passed'], { impact: 0 });
    expect(strictly(given).controls).toMatchObject([{ status: 'no_impact', message: null }]);
    const half = control('a', ['passed', 'skipped']);
    expect(strictly(half).controls).toMatchObject([{ status: 'passed', message: null }]);
  });

  test('name what was tested and what came of it, without the tests that passed', () => {
    const given = control('a', [], {
      results: [
        result('passed', { message: 'unseen' }),
        result('failed', { code_desc: 'File /x', message: '\nexpected 1\n' }),
        result('skipped', { code_desc: 'y', skip_message: 'by hand' }),
      ],
    });
    expect(strictly(given).controls[0]?.message).toBe('File /x: expected 1\ny: by hand');
  });

  test.each([
    ['passed', control('a', ['passed']), null],
    ['without tests', control('a', []), 'No test of this control ran.'],
    [
      'waived',
      control('a', [], { waiver_data: { skipped_due_to_waiver: true, justification: 'accepted' } }),
      'accepted',
    ],
  ])('of a control %s', (_name, given, message) => {
    expect(strictly(given).controls[0]?.message).toBe(message);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['skipped', { code_desc: 'File', skip_message: 'by hand', message: 'other' }, 'File: by hand'],
    ['skipped', { code_desc: 'File', skip_message: null, message: 'other' }, 'File: other'],
    ['failed', { code_desc: 'File', skip_message: 'by hand', message: 'other' }, 'File: other'],
    ['failed', { code_desc: 'File', skip_message: 'by hand' }, 'File: by hand'],
    ['failed', { code_desc: 'File', exception: 'RuntimeError' }, 'File: RuntimeError'],
    ['failed', { code_desc: '', message: 'alone' }, 'alone'],
    ['failed', { code_desc: ' File ' }, 'File'],
    ['failed', { code_desc: 'File', message: '' }, 'File'],
    ['failed', { code_desc: 'File', message: ' File\n' }, 'File'],
    ['passed', { code_desc: 'File', message: 'boom', backtrace: [] }, 'File: boom'],
  ])('of one test, %s, %j', (status, more, message) => {
    expect(strictly(control('a', [], { results: [result(status, more)] })).controls[0]?.message).toBe(message);
  });

  test.each([2047, 2048, 2049])('of %d bytes', (bytes) => {
    const given = control('a', [], { results: [result('failed', { code_desc: '', message: 'x'.repeat(bytes) })] });
    expect(strictly(given).controls[0]?.message).toBe(bytes <= 2048 ? 'x'.repeat(bytes) : `${'x'.repeat(2045)}…`);
  });

  test('end at 2 KiB, at a whole character', () => {
    const long = control('a', [], {
      results: Array.from({ length: 50 }, () => result('failed', { message: '€😀'.repeat(300) })),
    });
    const message = strictly(long).controls[0]?.message ?? '';
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(2048);
    expect(Buffer.byteLength(message)).toBeGreaterThan(2040);
    expect(message).toMatch(/[€😀]…$/u);
    expect(message).not.toContain('\uFFFD');
  });
});

describe('compliance', () => {
  test('is an exact fraction, and Not Applicable is left out', () => {
    const controls = [
      control('a', ['passed']),
      control('b', ['failed']),
      control('c', ['skipped']),
      control('d', ['error']),
      control('e', [], { impact: 0 }),
    ];
    const evaluation = strictly(...controls);
    expect(evaluation.compliance).toEqual({ numerator: 1, denominator: 4 });
    expect(evaluation.summary).toMatchObject({ compliance: 25, controls: 5, no_impact: { total: 1, none: 1 } });
  });

  test('99.6 % is 100 for SAF only', () => {
    const read = parseReport(sampleReport('quirk-38_rounds_up_99.6'));
    expect([evaluate(read, 'saf').summary.compliance, evaluate(read, 'strict').summary.compliance]).toEqual([
      100, 99.6,
    ]);
  });

  test('of several reports: counts first, then the division', () => {
    const many = strictly(
      ...Array.from({ length: 98 }, (_, i) => control(`p${i}`, ['passed'])),
      control('f', ['failed']),
      control('g', ['failed']),
    );
    const sum = sumSummaries([many.summary, strictly(control('a', ['failed'])).summary], 'strict');
    expect(sum).toMatchObject({ controls: 101, passed: { total: 98, medium: 98 }, failed: { total: 3, medium: 3 } });
    expect(sum.compliance).toBeCloseTo(9800 / 101, 10);
  });
});

describe('size', () => {
  /** CPU milliseconds, not time on the wall: other work on the machine does not count. */
  const cpuOf = (work: () => void): number => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const controls = Array.from({ length: 20_000 }, (_, i) => control(`c-${i}`, ['passed', 'failed']));
  const over = profile(
    'over',
    controls.map((one) => ({ ...one, results: [] })),
  );

  test.each([
    ['one profile', 'strict' as const, [profile('base', controls)]],
    ['one profile', 'saf' as const, [profile('base', controls)]],
    ['an overlay', 'strict' as const, [over, profile('base', controls, { parent_profile: 'over' })]],
    ['an overlay', 'saf' as const, [over, profile('base', controls, { parent_profile: 'over' })]],
  ])('20,000 controls in %s, mode %s, take well under a second', (_name, mode, profiles) => {
    const read = parseReport(JSON.stringify(report(profiles)));
    expect(cpuOf(() => expect(evaluate(read, mode).summary.failed.total).toBe(20_000))).toBeLessThan(900);
  });

  test('a hostile chain of 20,000 overlays stays linear', () => {
    const profiles = controls.map((_, i) =>
      profile(`p${i}`, [control('a', i === 19_999 ? ['failed'] : [])], {
        parent_profile: i === 0 ? undefined : `p${i - 1}`,
      }),
    );
    const read = parseReport(JSON.stringify(report(profiles)));
    expect(
      cpuOf(() => expect(evaluate(read, 'strict').controls).toMatchObject([{ profileName: 'p0', status: 'failed' }])),
    ).toBeLessThan(900);
  });
});

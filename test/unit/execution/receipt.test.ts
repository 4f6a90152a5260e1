import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { disbelief, failureOfReceipt, parseReceipt, type Receipt } from '../../../src/execution/receipt.js';
import { aPod } from './observations.js';

const DIGEST = `sha256:${'d'.repeat(64)}`;
const ASKED = { scan: 'scan_1', attempt: 2, digest: DIGEST, inputs: null, proof: 'hold' as const };
const POD = aPod();
const GOOD = {
  v: 1,
  scan: 'scan_1',
  attempt: 2,
  ok: true,
  exitCode: 100,
  report: { sha256: 'c'.repeat(64), bytes: 10, gzipBytes: 30 },
  profile: { name: 'p', version: '1.0.0', digest: DIGEST },
  target: {
    container: 'target',
    pid: 17,
    containerId: 'a'.repeat(64),
    proof: 'hold',
    podUid: POD.uid,
    rootDevice: 41,
    rootInode: 2,
  },
  auditor: { name: 'inspec-core', version: '5.24.24' },
  coverage: { inProcess: 1, toolbox: 2, target: 3, refused: 4, refusedPrograms: ['a'], targetPrograms: ['b'], cut: 0 },
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T00:00:01Z',
  error: null,
};
const FAILED = { ...GOOD, ok: false, report: null, error: { code: 'PROFILE_INVALID', message: 'syntax error' } };

function parsed(value: unknown): Receipt {
  const receipt = parseReceipt(JSON.stringify(value));
  if (typeof receipt === 'string') throw new Error(receipt);
  return receipt;
}

describe('a receipt', () => {
  it('is read with what it counts', () => {
    expect(parsed(GOOD)).toMatchObject({
      ok: true,
      report: { bytes: 10 },
      coverage: { inProcess: 1, refusedPrograms: ['a'], targetPrograms: ['b'] },
    });
    expect(parsed(GOOD).coverage).not.toHaveProperty('cut');
    expect(parsed(FAILED).error).toEqual({ code: 'PROFILE_INVALID', message: 'syntax error' });
  });

  it.each<[string, unknown, RegExp]>([
    ['no JSON', undefined, /JSON/],
    ['a list', [], /object/],
    ['another version', { ...GOOD, v: 2 }, /version/],
    ['no version', { ...GOOD, v: undefined }, /version/],
    ['ok as a word', { ...GOOD, ok: 'true' }, /ok/],
    ['ok without a report', { ...GOOD, report: null }, /without a report/],
    ['ok without a target', { ...GOOD, target: null }, /without a report/],
    ['ok with an error', { ...GOOD, error: FAILED.error }, /has an error/],
    ['failed without why', { ...FAILED, error: null }, /not why/],
    ['a sha256 that is none', { ...GOOD, report: { ...GOOD.report, sha256: 'C'.repeat(64) } }, /sha256/],
    ['a size below zero', { ...GOOD, report: { ...GOOD.report, bytes: -1 } }, /bytes/],
    ['a count that is a text', { ...GOOD, coverage: { ...GOOD.coverage, refused: '4' } }, /refused/],
    ['a list that is none', { ...GOOD, coverage: { ...GOOD.coverage, refusedPrograms: {} } }, /refusedPrograms/],
    ['an attempt that is half', { ...GOOD, attempt: 1.5 }, /attempt/],
  ])('%s is refused with its reason', (_, value, reason) => {
    expect(parseReceipt(JSON.stringify(value) ?? 'undefined')).toMatch(reason);
  });

  it('that was cut anywhere is refused', () => {
    const text = JSON.stringify(GOOD);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: text.length - 1 }),
        (length) => void expect(parseReceipt(text.slice(0, length))).toBeTypeOf('string'),
      ),
    );
  });

  it('of any JSON or any text never makes the parser throw', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void parseReceipt(JSON.stringify(value))));
    fc.assert(fc.property(fc.string(), (text) => void parseReceipt(text)));
    expect(parseReceipt('x'.repeat(5_000))).toMatch(/larger/);
  });

  it('keeps codes that the scanner may use, and no others', () => {
    expect(failureOfReceipt(parsed(FAILED))).toEqual({
      code: 'PROFILE_INVALID',
      message: 'syntax error',
      retryable: false,
    });
    for (const code of ['INTERNAL', 'POD_LOST', 'completed', '__proto__']) {
      expect(failureOfReceipt(parsed({ ...FAILED, error: { code, message: 'm' } }))).toMatchObject({
        code: 'SCANNER_FAILED',
        message: `${code}: m`,
      });
    }
  });
});

describe('belief', () => {
  it('is given to a receipt of this attempt, profile and container', () => {
    expect(disbelief(parsed(GOOD), ASKED, POD)).toBeNull();
    const byPod = { ...GOOD, target: { ...GOOD.target, containerId: null } };
    expect(disbelief(parsed(byPod), ASKED, POD)).toBeNull();
    expect(disbelief(parsed(FAILED), ASKED, POD)).toBeNull();
  });

  const target = (change: object) => ({ ...GOOD, target: { ...GOOD.target, ...change } });
  it.each<[string, unknown, string]>([
    ['another scan', { ...GOOD, scan: 'scan_2' }, 'SCANNER_FAILED'],
    ['another scan that failed', { ...FAILED, scan: 'scan_2' }, 'SCANNER_FAILED'],
    ['another attempt', { ...GOOD, attempt: 1 }, 'SCANNER_FAILED'],
    ['another profile', { ...GOOD, profile: { ...GOOD.profile, digest: 'sha256:0' } }, 'SCANNER_FAILED'],
    ['inputs that nobody asked for', { ...GOOD, inputs: { digest: DIGEST } }, 'INPUTS_NOT_DELIVERED'],
    ['another container', target({ containerId: 'b'.repeat(64) }), 'TARGET_NOT_PROVEN'],
    ['another container name', target({ container: 'scanner' }), 'TARGET_NOT_PROVEN'],
    ['another proof', target({ proof: 'process' }), 'TARGET_NOT_PROVEN'],
    ['another pod', target({ podUid: 'other' }), 'TARGET_NOT_PROVEN'],
    ['another pod, and no container', target({ containerId: null, podUid: 'other' }), 'TARGET_NOT_PROVEN'],
    ['nothing to hold it against', target({ containerId: null, podUid: null }), 'TARGET_NOT_PROVEN'],
  ])('is not given to %s', (_, receipt, code) => {
    expect(disbelief(parsed(receipt), ASKED, POD)).toMatchObject({ code });
  });

  it('is given only where the inputs and waivers were those that were asked for', () => {
    const asked = { ...ASKED, inputs: DIGEST };
    expect(disbelief(parsed({ ...GOOD, inputs: { digest: DIGEST, inputs: 1, waivers: 2 } }), asked, POD)).toBeNull();
    for (const inputs of [undefined, null, { digest: 'sha256:0' }]) {
      expect(disbelief(parsed({ ...GOOD, inputs }), asked, POD)).toMatchObject({ code: 'INPUTS_NOT_DELIVERED' });
    }
    expect(parseReceipt(JSON.stringify({ ...GOOD, inputs: { digest: 7 } }))).toBe('inputs.digest is not a text');
  });

  it('is not given where the engine knows no such container', () => {
    const without = { ...POD, containers: POD.containers.filter((one) => one.name !== 'target') };
    expect(disbelief(parsed(GOOD), ASKED, without)).toMatchObject({ code: 'TARGET_NOT_PROVEN' });
    const unborn = { ...POD, containers: POD.containers.map((one) => ({ ...one, containerId: null })) };
    expect(disbelief(parsed(GOOD), ASKED, unborn)).toMatchObject({ code: 'TARGET_NOT_PROVEN' });
  });
});

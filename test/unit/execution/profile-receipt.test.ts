import { describe, expect, it } from 'vitest';
import { parseProfileReceipt } from '../../../src/execution/profile-receipt.js';

const digest = `sha256:${'ab'.repeat(32)}`;
const asked = { digest, attempt: 2 };
const report = { sha256: 'c'.repeat(64), bytes: 100, gzipBytes: 50 };
const good = {
  v: 1,
  kind: 'profile',
  ...asked,
  ok: true,
  report,
  profile: { name: 'p', version: '1', digest },
  error: null,
};
const bad = { ...good, ok: false, report: null, error: { code: 'PROFILE_INVALID', message: 'no inspec.yml' } };
const parse = (receipt: unknown) => parseProfileReceipt(JSON.stringify(receipt), asked);

describe('the receipt of a profile that was read', () => {
  it('is believed if it is about what was asked', () => {
    expect(parse(good)).toEqual({ ok: true, report, archiveProven: true, error: null });
    expect(parse(bad)).toMatchObject({
      ok: false,
      archiveProven: true,
      error: { code: 'PROFILE_INVALID', message: 'no inspec.yml' },
    });
  });

  it('proves no archive that the scanner does not name', () => {
    expect(parse({ ...bad, profile: null })).toMatchObject({ archiveProven: false });
    expect(parse({ ...bad, profile: { digest: `sha256:${'0'.repeat(64)}` } })).toMatchObject({ archiveProven: false });
  });

  it('takes a code that it does not know as a failure of the scanner', () => {
    expect(parse({ ...bad, error: { code: 'TARGET_EXITED', message: 'x' } })).toMatchObject({
      error: { code: 'SCANNER_FAILED', message: 'TARGET_EXITED: x' },
    });
  });

  it.each([
    ['another digest', { ...good, digest: `sha256:${'0'.repeat(64)}` }],
    ['another attempt', { ...good, attempt: 1 }],
    ['the kind of a scan', { ...good, kind: undefined }],
    ['another version', { ...good, v: 2 }],
    ['ok without a report', { ...good, report: null }],
    ['ok with a report of no sha256', { ...good, report: { ...report, sha256: 'x' } }],
    ['ok with a count that is none', { ...good, report: { ...report, bytes: -1 } }],
    ['ok without the archive', { ...good, profile: null }],
    ['ok with another archive', { ...good, profile: { digest: 'sha256:x' } }],
    ['ok with an error', { ...good, error: bad.error }],
    ['a failure without a reason', { ...bad, error: null }],
    ['ok that is no truth value', { ...good, ok: 'true' }],
    ['no object', []],
  ])('is not believed with %s', (_, receipt) => {
    expect(parse(receipt)).toBeTypeOf('string');
  });

  it('is not believed if it is no JSON, or too large', () => {
    expect(parseProfileReceipt('{', asked)).toMatch(/JSON/);
    expect(parse({ ...bad, error: { code: 'TIMEOUT', message: 'x'.repeat(4_096) } })).toMatch(/larger than 4096/);
  });
});

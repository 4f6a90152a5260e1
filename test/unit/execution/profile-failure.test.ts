import { describe, expect, it } from 'vitest';
import { SCAN_FAILURES, scanFailure, type ScanFailureCode } from '../../../src/domain/errors.js';
import { blameOf } from '../../../src/execution/profile-failure.js';

const proven = { archiveProven: true };
const blame = (code: ScanFailureCode, receipt: unknown, message = '') => blameOf(scanFailure(code, message), receipt);

describe('who is to blame that a profile was not read', () => {
  it('is the profile only where the scanner had it in its hands', () => {
    for (const code of ['PROFILE_INVALID', 'REPORT_TOO_LARGE'] as const) {
      expect(blame(code, proven)).toBe('profile');
      expect(blame(code, { archiveProven: false })).toBe('infrastructure');
      expect(blame(code, null)).toBe('infrastructure');
    }
    for (const code of Object.keys(SCAN_FAILURES) as ScanFailureCode[])
      if (!['PROFILE_INVALID', 'REPORT_TOO_LARGE'].includes(code)) expect(blame(code, proven)).not.toBe('profile');
  });

  it('is doubtful for what a profile can cause, and so can a bad moment', () => {
    for (const code of ['OUT_OF_MEMORY', 'SCANNER_KILLED', 'SCANNER_FAILED', 'REPORT_INVALID'] as const)
      expect(blame(code, null)).toBe('doubtful');
    expect(blame('TIMEOUT', proven)).toBe('doubtful');
    expect(blame('TIMEOUT', null)).toBe('infrastructure');
    expect(blame('POD_LOST', null, 'The pod was evicted from its node: ephemeral storage')).toBe('doubtful');
  });

  it('is nobody for what the cluster does', () => {
    const codes = [
      'POD_LOST',
      'POD_REFUSED',
      'UNSCHEDULABLE',
      'IMAGE_PULL_FAILED',
      'INTERNAL',
      'REPORT_MISSING',
      'REPORT_DAMAGED',
    ] as const;
    for (const code of [...codes, 'PROFILE_NOT_FOUND'] as const) expect(blame(code, null)).toBe('infrastructure');
  });
});

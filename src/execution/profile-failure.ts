import type { ScanFailure, ScanFailureCode } from '../domain/errors.js';

/** Who is to blame that a profile was not read: the profile for certain, nobody for certain, or the profile if it happens every time. */
export type Blame = 'profile' | 'infrastructure' | 'doubtful';

/** Attempts that a doubtful profile has. */
export const TRIES = 3;

/** The scanner says these of a profile that it has in its hands. */
const OF_PROFILE: readonly ScanFailureCode[] = ['PROFILE_INVALID', 'REPORT_TOO_LARGE'];
/** A profile that never ends, eats all memory or kills its auditor looks so; so does a bad moment. */
const DOUBTFUL: readonly ScanFailureCode[] = [
  'TIMEOUT',
  'OUT_OF_MEMORY',
  'SCANNER_KILLED',
  'SCANNER_FAILED',
  'REPORT_INVALID',
];

/** The blame for a failure; `receipt` is what the scanner left, where it is believed. */
export function blameOf({ code, message }: ScanFailure, receipt: unknown): Blame {
  if (OF_PROFILE.includes(code) && isProven(receipt)) return 'profile';
  // Without a word of the scanner, a pod that took too long may never have run.
  if (code === 'TIMEOUT') return receipt ? 'doubtful' : 'infrastructure';
  if (DOUBTFUL.includes(code)) return 'doubtful';
  // A profile that fills the disk is evicted; so is whoever stands beside another that does.
  return code === 'POD_LOST' && message.includes('evicted') ? 'doubtful' : 'infrastructure';
}

function isProven(receipt: unknown): boolean {
  return (
    typeof receipt === 'object' && receipt !== null && 'archiveProven' in receipt && receipt.archiveProven === true
  );
}

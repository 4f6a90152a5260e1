/** The jobs: name → payload. Payloads are ids, never objects: what a job is about is read from Postgres when it runs. */
export interface JobPayloads {
  'scan.run': { scanId: string; attempt: number };
  /** Removes the pod of a scan that ended while no runner watched it (a cancel, a lost race). */
  'scan.clean': { scanId: string; attempt: number };
  /** Has the auditor read the texts of a profile, once per digest (`sha256:` and 64 hex digits). */
  'profile.read': { digest: string; attempt: number };
}
export type JobName = keyof JobPayloads;

/** Identity, tries, pause and place in the queue of a job. */
export interface JobRule<Payload> {
  /** Has no `:` and is no integer (BullMQ). */
  id(payload: Payload): string;
  tries: number;
  /** The first pause after a failure, in milliseconds; it doubles. */
  backoffMs: number;
  /** Goes before all that wait: a clean-up must not stand behind a thousand scans. */
  first: boolean;
}

export const JOBS: { readonly [N in JobName]: JobRule<JobPayloads[N]> } = {
  'scan.run': { id: (p) => `run-${p.scanId}-${p.attempt}`, tries: 5, backoffMs: 1_000, first: false },
  'scan.clean': { id: (p) => `clean-${p.scanId}-${p.attempt}`, tries: 8, backoffMs: 1_000, first: true },
  'profile.read': {
    id: (p) => `read-${p.digest.replace(/^sha256:/, '')}-${p.attempt}`,
    tries: 5,
    backoffMs: 1_000,
    first: false,
  },
};

export const JOB_NAMES = Object.keys(JOBS) as JobName[];

/** True for a name of the catalog; a queue may hold others, left by another version. */
export function isJobName(name: string): name is JobName {
  return Object.hasOwn(JOBS, name);
}

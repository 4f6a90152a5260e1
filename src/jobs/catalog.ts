/** The jobs: name → payload. Payloads are ids, never objects: what a job is about is read from Postgres when it runs. */
export interface JobPayloads {
  'scan.run': { scanId: string; attempt: number };
  /** Removes the pod of a scan that ended while no runner watched it (a cancel, a lost race). */
  'scan.clean': { scanId: string; attempt: number };
}
export type JobName = keyof JobPayloads;

/** Identity, tries and pause per job. An id has no `:` and is no integer (BullMQ). `backoffMs` is the first pause; it doubles. */
export const JOBS: { readonly [N in JobName]: { id(payload: JobPayloads[N]): string; tries: number; backoffMs: number } } = {
  'scan.run': { id: (p) => `run-${p.scanId}-${p.attempt}`, tries: 5, backoffMs: 1_000 },
  'scan.clean': { id: (p) => `clean-${p.scanId}-${p.attempt}`, tries: 8, backoffMs: 1_000 },
};

export const JOB_NAMES = Object.keys(JOBS) as JobName[];

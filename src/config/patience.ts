import type { EnvReader } from './env-reader.js';

/** How long a scan waits for what may still mend itself, within its own time limit, in seconds. */
export interface Patience {
  /** A registry that is there and in trouble: errors of its own, too many requests, no answer in time. */
  readonly pullSeconds: number;
  /** A registry that cannot be reached at all, and a pull that fails for a reason that the service does not know. */
  readonly unreachableSeconds: number;
  /** A cluster without room: another pod may end, a node may be added. */
  readonly unschedulableSeconds: number;
}

export function readPatience(reader: EnvReader): Patience {
  const seconds = (variable: string, fallback: number): number =>
    reader.integer(variable, { fallback, min: 0, max: 86_400 });
  return {
    // A kubelet tries again after 10, 20, 40 and 80 seconds.
    pullSeconds: seconds('SIDESCAN_PULL_PATIENCE_SECONDS', 120),
    unreachableSeconds: seconds('SIDESCAN_UNREACHABLE_PATIENCE_SECONDS', 30),
    unschedulableSeconds: seconds('SIDESCAN_UNSCHEDULABLE_PATIENCE_SECONDS', 180),
  };
}

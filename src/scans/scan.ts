import type { ScanFailure } from '../domain/errors.js';
import type { ScanState, Verdict } from '../domain/scan-state.js';
import type { Breach } from '../thresholds/judge.js';
import type { Summary } from '../results/summary.js';

export const SECURITY_MODES = ['general', 'baseline', 'restricted'] as const;
/** How the pod of a scan may read its target: which uid and capabilities the scanner gets. */
export type SecurityMode = (typeof SECURITY_MODES)[number];

/** A target that is an image: it is started for the scan, held still unless `run` is set. */
export interface ImageTarget {
  kind: 'image';
  image: string;
  pullSecret: string | null;
  /** Start the image's own entry point (or `command`, `args`) instead of holding it. */
  run: boolean;
  command: string[] | null;
  args: string[] | null;
}

/** What was asked for; `digest` is known once the profile's archive is. */
export interface ScanProfile {
  name: string | null;
  version: string | null;
  configMap: string | null;
  digest: string | null;
}

/** Who answered the profile's commands, counted; programs that were refused or that are the image's own, by name. */
export interface Coverage {
  inProcess: number;
  toolbox: number;
  target: number;
  refused: number;
  refusedPrograms: string[];
  targetPrograms: string[];
}

/** Why a scan failed, in the engine's own words: kept before the pod is removed. */
export interface Evidence {
  collectedAt: string;
  pod: { name: string; phase: string; reason: string; message: string; node: string | null } | null;
  containers: {
    name: string;
    state: string;
    reason: string;
    message: string;
    exitCode: number | null;
    restartCount: number;
  }[];
  events: { at: string | null; type: string; reason: string; message: string; count: number }[];
  /** End of the scanner's and the target's log, at most 64 KiB each. */
  logs: Record<string, string>;
  /** The receipt as the scanner left it, if it left one. */
  receipt: unknown;
}

/** Where a report is and what it is: size and sha256 are of the bytes as the auditor wrote them. */
export interface StoredReport {
  key: string;
  sha256: string;
  bytes: number;
}

/** A control that is not to count, and why. */
export interface Waiver {
  justification: string;
  /** YYYY-MM-DD, the first day (UTC) on which it holds no more; left out: it always holds. */
  expirationDate?: string;
  /** False: the control is not run. True or left out: it runs and counts, and its result carries the waiver. */
  run?: boolean;
}

/** One run of one profile against one target. */
export interface Scan {
  id: string;
  projectId: string;
  state: ScanState;
  verdict: Verdict;
  attempt: number;
  targetId: string;
  target: ImageTarget;
  profile: ScanProfile;
  /** By name, without the sensitive ones. */
  inputs: Readonly<Record<string, unknown>>;
  /** Names of the sensitive inputs, whose values are kept encrypted until the scan has ended and shown to nobody. */
  sensitiveInputs: readonly string[];
  /** By control id. */
  waivers: Readonly<Record<string, Waiver>>;
  /** The threshold as it was submitted (validated, not normalized): an object, text, or null. */
  threshold: unknown;
  /** The named threshold that it is a copy of. */
  thresholdName: string | null;
  labels: Record<string, string>;
  timeoutSeconds: number;
  securityMode: SecurityMode;
  allowTargetCommands: string[];
  summary: Summary | null;
  coverage: Coverage | null;
  breaches: Breach[];
  failure: ScanFailure | null;
  report: StoredReport | null;
  podName: string | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

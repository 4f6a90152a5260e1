import type { ScanFailure } from '../domain/errors.js';
import type { ScanState, Verdict } from '../domain/scan-state.js';
import type { Summary } from '../results/summary.js';
import type { Breach } from '../thresholds/judge.js';
import type { Scan as ScanRow } from '../platform/database/generated/client.js';
import type { Coverage, ImageTarget, Scan, SecurityMode, StoredReport, Waiver } from './scan.js';

/** What a read of scans leaves out (Prisma `omit`): evidence is large, sealed inputs are nobody's business; both have reads of their own. */
export const WITHOUT_EVIDENCE = { evidence: true, sensitiveInputs: true } as const;

/** A row as it is read, without the two. */
type ReadRow = Omit<ScanRow, 'evidence' | 'sensitiveInputs'>;

/**
 * A row in our own terms. The casts hold because every JSON column is written by the repository from the same types,
 * and `state`, `verdict` and `security_mode` are checked by the database.
 */
export function scanFromRow(row: ReadRow): Scan {
  return {
    id: row.id,
    projectId: row.projectId,
    state: row.state as ScanState,
    verdict: row.verdict as Verdict,
    attempt: row.attempt,
    targetId: row.targetId,
    target: row.target as unknown as ImageTarget,
    profile: {
      name: row.profileName,
      version: row.profileVersion,
      configMap: row.profileConfigMap,
      digest: row.profileDigest,
    },
    inputs: row.inputs as Record<string, unknown>,
    sensitiveInputs: row.sensitiveInputNames,
    waivers: row.waivers as unknown as Record<string, Waiver>,
    threshold: row.threshold,
    thresholdName: row.thresholdName,
    labels: row.labels as Record<string, string>,
    timeoutSeconds: row.timeoutSeconds,
    securityMode: row.securityMode as SecurityMode,
    allowTargetCommands: row.allowTargetCommands,
    summary: row.summary as unknown as Summary | null,
    coverage: row.coverage as unknown as Coverage | null,
    breaches: row.breaches as unknown as Breach[],
    failure: row.failure as unknown as ScanFailure | null,
    report: reportFromRow(row),
    podName: row.podName,
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
  };
}

function reportFromRow(row: ReadRow): StoredReport | null {
  if (row.reportKey === null || row.reportSha256 === null || row.reportBytes === null) return null;
  return { key: row.reportKey, sha256: row.reportSha256, bytes: row.reportBytes };
}

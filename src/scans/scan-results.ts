import type { Prisma } from '../platform/database/generated/client.js';
import { storableText } from '../platform/database/storable.js';

/** One evaluated control as it is stored: what aggregation needs, and no more. */
export interface ControlRow {
  controlId: string;
  profileName: string;
  status: string;
  severity: string;
  impact: number;
  waived: boolean;
  title: string | null;
  message: string | null;
}

/** Rows per INSERT: Postgres takes at most 65,535 parameters a statement, and a row has ten. */
const ROWS_PER_INSERT = 5_000;

/** Writes the controls of a scan, in the report's order. */
export async function writeControls(
  tx: Prisma.TransactionClient,
  scanId: string,
  controls: readonly ControlRow[],
): Promise<void> {
  const rows = controls.map((control, position) => ({
    scanId,
    position,
    controlId: storableText(control.controlId),
    profileName: storableText(control.profileName),
    status: control.status,
    severity: control.severity,
    impact: control.impact,
    waived: control.waived,
    title: control.title === null ? null : storableText(control.title),
    message: control.message === null ? null : storableText(control.message),
  }));
  for (let from = 0; from < rows.length; from += ROWS_PER_INSERT) {
    await tx.controlResult.createMany({ data: rows.slice(from, from + ROWS_PER_INSERT) });
  }
}

/**
 * Makes the scan the latest of its target and profile, unless a scan that was submitted later is that already: a late completion
 * must not take the rollups back in time. Read from the row that this transaction has just written, so the two cannot differ.
 */
export async function writeLatest(tx: Prisma.TransactionClient, scanId: string): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO latest_results AS latest
      (project_id, target_id, profile_key, scan_id, image, namespace, verdict, controls, waived,
       passed, failed, skipped, error, no_impact, created_at, finished_at)
    SELECT project_id, target_id,
           -- In a ConfigMap anybody may put a profile that is called as ours.
           CASE WHEN profile_config_map IS NULL THEN profile_name
                ELSE 'configMap:' || profile_config_map || '/' || profile_name END,
           id, image, namespace, verdict,
           (summary->>'controls')::int, (summary->>'waived')::int,
           (summary->'passed'->>'total')::int, (summary->'failed'->>'total')::int, (summary->'skipped'->>'total')::int,
           (summary->'error'->>'total')::int, (summary->'no_impact'->>'total')::int, created_at, finished_at
      FROM scans WHERE id = ${scanId}
    ON CONFLICT (target_id, profile_key) DO UPDATE SET
      scan_id = excluded.scan_id, image = excluded.image, namespace = excluded.namespace, verdict = excluded.verdict,
      controls = excluded.controls, waived = excluded.waived, passed = excluded.passed, failed = excluded.failed,
      skipped = excluded.skipped, error = excluded.error, no_impact = excluded.no_impact,
      created_at = excluded.created_at, finished_at = excluded.finished_at
    WHERE (latest.created_at, latest.scan_id) < (excluded.created_at, excluded.scan_id)`;
}

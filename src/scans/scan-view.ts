import { isTerminal } from '../domain/scan-state.js';
import type { ScanDto } from './scan.dto.js';
import type { Scan } from './scan.js';

/** A scan as clients see it. */
export function scanView(scan: Scan): ScanDto {
  const self = `/v1/scans/${scan.id}`;
  const { kind, image, pullSecret, run, command, args } = scan.target;
  const hasEvidence = isTerminal(scan.state) && scan.state !== 'completed';
  return {
    id: scan.id,
    state: scan.state,
    verdict: scan.verdict,
    attempt: scan.attempt,
    target: { id: scan.targetId, kind, image, pullSecret, run, command, args },
    profile: scan.profile,
    inputs: { ...scan.inputs },
    sensitiveInputs: [...scan.sensitiveInputs],
    waivers: { ...scan.waivers },
    threshold: scan.threshold,
    thresholdName: scan.thresholdName,
    labels: scan.labels,
    timeoutSeconds: scan.timeoutSeconds,
    securityMode: scan.securityMode,
    allowTargetCommands: scan.allowTargetCommands,
    summary: scan.summary,
    coverage: scan.coverage,
    breaches: scan.breaches,
    failure: scan.failure,
    report: scan.report && { sha256: scan.report.sha256, bytes: scan.report.bytes },
    createdAt: scan.createdAt.toISOString(),
    startedAt: scan.startedAt?.toISOString() ?? null,
    finishedAt: scan.finishedAt?.toISOString() ?? null,
    links: { self, report: scan.report && `${self}/report`, evidence: hasEvidence ? `${self}/evidence` : null },
  };
}

import { ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { SCAN_FAILURES, type ScanFailureCode } from '../domain/errors.js';
import type { ScanState, Verdict } from '../domain/scan-state.js';
import { WaiverDto } from './create-scan.dto.js';
import type { SecurityMode, Waiver } from './scan.js';

/** Counts of one status by severity. */
export class StatusCountsDto {
  total: number;
  critical: number;
  high: number;
  medium: number;
  low: number;
}

export class NoImpactCountsDto extends StatusCountsDto {
  none: number;
}

/** The counts of a report. */
export class SummaryDto {
  /** Percent, 0 to 100: passed / (passed + failed + skipped + error). */
  compliance: number;
  controls: number;
  waived: number;
  passed: StatusCountsDto;
  failed: StatusCountsDto;
  skipped: StatusCountsDto;
  error: StatusCountsDto;
  no_impact: NoImpactCountsDto;
}

/** Who answered the commands of the profile: the scanner itself, the toolbox, or allowed programs of the target; and what was refused. */
export class CoverageDto {
  inProcess: number;
  toolbox: number;
  target: number;
  refused: number;
  refusedPrograms: string[];
  targetPrograms: string[];
}

/** A bound of the threshold that the report does not keep. */
export class BreachDto {
  /** @example "failed.critical.max" */
  key: string;
  @ApiProperty({ oneOf: [{ type: 'number' }, { type: 'array', items: { type: 'string' } }] })
  expected: number | string[];
  @ApiProperty({ oneOf: [{ type: 'number' }, { type: 'array', items: { type: 'string' } }] })
  actual: number | string[];
  /** Ids of the controls behind it. */
  controls: string[];
}

/** Why a scan failed. */
export class ScanFailureDto {
  /** @example "IMAGE_NOT_FOUND" */
  @ApiProperty({ enum: Object.keys(SCAN_FAILURES) })
  code: ScanFailureCode;
  /** The cause in words. */
  message: string;
  /** True if the very same scan may succeed when it is tried again. */
  retryable: boolean;
}

export class ScanTargetDto {
  /** The target's identity over time: two scans with the same id scanned the same image reference. */
  id: string;
  kind: 'image';
  /** As it was submitted. */
  image: string;
  pullSecret: string | null;
  run: boolean;
  command: string[] | null;
  args: string[] | null;
}

/** The profile: as it was asked for, and name, version and digest once its archive is known. */
export class ScanProfileDto {
  name: string | null;
  version: string | null;
  configMap: string | null;
  digest: string | null;
}

/** The report's size and SHA-256, of the bytes as the auditor wrote them. */
export class ReportInfoDto {
  sha256: string;
  bytes: number;
}

export class ScanLinksDto {
  self: string;
  /** Null until there is one. */
  report: string | null;
  /** Null until the scan has failed or was canceled. */
  evidence: string | null;
}

/** One run of one profile against one target. */
export class ScanDto {
  /** @example "scan_01kb2v9r7vf3d1z6x8m4n5p6q7" */
  id: string;
  /** `queued → starting → scanning → collecting → completed`, or `failed` or `canceled` from any of the first four. */
  @ApiProperty({ enum: ['queued', 'starting', 'scanning', 'collecting', 'completed', 'failed', 'canceled'] })
  state: ScanState;
  /** What the threshold says of the report; `none` without threshold or report. */
  @ApiProperty({ enum: ['passed', 'failed', 'none'] })
  verdict: Verdict;
  /** Above 1: the cluster took away the pod of the attempt before, and the scan went back to `queued`. */
  attempt: number;
  target: ScanTargetDto;
  profile: ScanProfileDto;
  /** Without the sensitive ones. */
  inputs: Record<string, unknown>;
  /** Names of the sensitive inputs; their values are shown to nobody. */
  sensitiveInputs: string[];
  /** By control id. */
  @ApiProperty({ type: 'object', additionalProperties: { $ref: getSchemaPath(WaiverDto) } })
  waivers: Record<string, Waiver>;
  /** The bounds as they were when the scan was submitted. */
  @ApiProperty({ oneOf: [{ type: 'object', additionalProperties: true }, { type: 'string' }], nullable: true })
  threshold: unknown;
  /** The name by which the threshold was chosen; null if its bounds came with the scan. */
  thresholdName: string | null;
  labels: Record<string, string>;
  timeoutSeconds: number;
  @ApiProperty({ enum: ['general', 'baseline', 'restricted'] })
  securityMode: SecurityMode;
  allowTargetCommands: string[];
  /** Null until the scan is completed. */
  summary: SummaryDto | null;
  coverage: CoverageDto | null;
  /** Every bound that was not kept. */
  breaches: BreachDto[];
  /** Null unless the scan failed. */
  failure: ScanFailureDto | null;
  report: ReportInfoDto | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  links: ScanLinksDto;
}

export class ScanPageDto {
  items: ScanDto[];
  /** Cursor of the next page, or null on the last one. */
  next: string | null;
}

import { ApiProperty } from '@nestjs/swagger';

export class PodEvidenceDto {
  name: string;
  phase: string;
  reason: string;
  message: string;
  node: string | null;
}

export class ContainerEvidenceDto {
  name: string;
  state: string;
  reason: string;
  message: string;
  exitCode: number | null;
  restartCount: number;
}

export class EventEvidenceDto {
  at: string | null;
  type: string;
  reason: string;
  message: string;
  count: number;
}

/** What was kept of a scan's pod before it was removed. */
export class EvidenceDto {
  collectedAt: string;
  pod: PodEvidenceDto | null;
  containers: ContainerEvidenceDto[];
  events: EventEvidenceDto[];
  /** End of each container's log, at most 64 KiB. */
  logs: Record<string, string>;
  /** The scanner's receipt (docs/scan-pod.md), if it left one. */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  receipt: unknown;
}

import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { FaultsOf, Opaque } from '../edge/check.js';
import { EVALUATION_MODES } from '../results/evaluation.js';
import { BreachDto, SummaryDto } from '../scans/scan.dto.js';
import { objectOrTextFaults } from './threshold-choice.js';

/** A report and a threshold to hold it against; nothing of it is stored. */
export class EvaluateThresholdDto {
  /** The report of CINC Auditor (InSpec exec JSON), as an object or as text. */
  @ApiProperty({ oneOf: [{ type: 'object', additionalProperties: true }, { type: 'string' }] })
  @Opaque()
  @FaultsOf(objectOrTextFaults)
  report: string | Record<string, unknown>;

  /**
   * The threshold, as an object or as YAML text, or one of the project's by its name: `"production"` or `{"name": "production"}`.
   * @example { "compliance": { "min": 80 }, "failed": { "critical": { "max": 0 } } }
   */
  @ApiProperty({ oneOf: [{ type: 'object', additionalProperties: true }, { type: 'string' }] })
  @Opaque()
  @FaultsOf(objectOrTextFaults)
  threshold: string | Record<string, unknown>;

  /** `strict` is exact and fails closed; `saf` answers what the MITRE SAF CLI answers. Left out: strict. */
  @IsOptional()
  @IsIn(EVALUATION_MODES, { message: `must be one of ${EVALUATION_MODES.join(', ')}` })
  mode?: 'strict' | 'saf';
}

/** What a threshold says of a report. */
export class ThresholdVerdictDto {
  verdict: 'passed' | 'failed';
  summary: SummaryDto;
  /** Every bound that is not kept; in mode `saf` the first one. */
  breaches: BreachDto[];
}

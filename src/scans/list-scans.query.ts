import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsIn, IsOptional, IsString } from 'class-validator';
import { SCAN_STATES, VERDICTS } from '../domain/scan-state.js';
import { FaultsOf } from '../edge/check.js';
import { PageQuery } from '../edge/page.dto.js';
import { momentFaults, numberFrom, oneLine, wholeNumber } from '../edge/query-rules.js';
import { imageFaults } from './scan-rules.js';
import { labelFilterFaults } from './scan-filter.js';

/** A parameter may come once or several times: both are a list here. */
export function List(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (value === undefined || Array.isArray(value) ? value : [value]));
}

/** Which scans to list; all conditions hold together. */
export class ListScansQuery extends PageQuery {
  /** In one of these states (repeat the parameter). */
  @IsOptional()
  @List()
  @IsIn(SCAN_STATES, { each: true, message: `must be one of ${SCAN_STATES.join(', ')}` })
  state?: ('queued' | 'starting' | 'scanning' | 'collecting' | 'completed' | 'failed' | 'canceled')[];

  /** With one of these verdicts (repeat the parameter). */
  @IsOptional()
  @List()
  @IsIn(VERDICTS, { each: true, message: `must be one of ${VERDICTS.join(', ')}` })
  verdict?: ('passed' | 'failed' | 'none')[];

  /** Id of a target. */
  @IsOptional()
  @FaultsOf(oneLine(100))
  target?: string;

  /** Namespace of the target. */
  @IsOptional()
  @FaultsOf(oneLine(253))
  namespace?: string;

  /** Image reference, in any spelling: `nginx` finds `docker.io/library/nginx:latest`. */
  @IsOptional()
  @IsString()
  @FaultsOf(imageFaults)
  image?: string;

  /** Name of a profile. */
  @IsOptional()
  @FaultsOf(oneLine(200))
  profile?: string;

  /**
   * `KEY=VALUE`: with this label (repeat the parameter for several).
   * @example ["team=shop"]
   */
  @IsOptional()
  @List()
  @ArrayMaxSize(32)
  @FaultsOf(labelFilterFaults)
  label?: string[];

  /** Submitted at this time (RFC 3339) or later. */
  @IsOptional()
  @FaultsOf(momentFaults)
  since?: string;

  /** Submitted before this time (RFC 3339). */
  @IsOptional()
  @FaultsOf(momentFaults)
  until?: string;
}

/** How to wait for a scan that was just submitted. */
export class SubmitScanQuery {
  /** Seconds, 0 to 60: the answer comes as soon as the scan has ended, or as it is then. */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => numberFrom(value))
  @FaultsOf(wholeNumber(0, 60))
  @ApiProperty({ minimum: 0, maximum: 60, default: 0 })
  wait?: number;
}

/** How to read one scan. */
export class GetScanQuery {
  /**
   * Seconds, 0 to 60: the answer comes as soon as the scan has ended, or as it is then. With `If-None-Match` it comes as soon as the scan
   * differs from that ETag.
   */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => numberFrom(value))
  @FaultsOf(wholeNumber(0, 60))
  @ApiProperty({ minimum: 0, maximum: 60, default: 0 })
  wait?: number;
}

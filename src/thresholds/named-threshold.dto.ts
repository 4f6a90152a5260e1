import { ApiProperty } from '@nestjs/swagger';
import { FaultsOf, Opaque } from '../edge/check.js';
import type { Fault } from '../domain/errors.js';
import { isThresholdName, objectOrTextFaults, THRESHOLD_NAME_RULE } from './threshold-choice.js';

const BOUNDS = { oneOf: [{ type: 'object', additionalProperties: true }, { type: 'string' }] };

/** The bounds of a named threshold. */
export class ReplaceThresholdDto {
  /**
   * The bounds: nested or flat keys as an object, or the text of a threshold file (YAML or JSON).
   * @example { "compliance": { "min": 80 }, "failed": { "critical": { "max": 0 } } }
   */
  @ApiProperty(BOUNDS)
  @Opaque()
  @FaultsOf(objectOrTextFaults)
  threshold: string | Record<string, unknown>;
}

/** A threshold to be kept under a name. */
export class CreateThresholdDto extends ReplaceThresholdDto {
  /**
   * Letters, digits, "-", "_" and ".", at most 63; begins and ends with a letter or digit.
   * @example "production"
   */
  @FaultsOf(nameFaults)
  name: string;
}

/** A threshold of the project. */
export class NamedThresholdDto {
  /** @example "production" */
  name: string;
  /** The bounds, as they were given. */
  @ApiProperty(BOUNDS)
  threshold: unknown;
  createdAt: Date;
  /** When its bounds were given. */
  updatedAt: Date;
}

export class NamedThresholdPageDto {
  items: NamedThresholdDto[];
  /** Cursor of the next page, or null on the last one. */
  next: string | null;
}

function nameFaults(value: unknown): Fault[] {
  return typeof value === 'string' && isThresholdName(value) ? [] : [{ detail: THRESHOLD_NAME_RULE }];
}

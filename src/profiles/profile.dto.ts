import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional } from 'class-validator';
import { FaultsOf } from '../edge/check.js';
import { PageQuery } from '../edge/page.dto.js';
import { numberFrom, oneLine, wholeNumber } from '../edge/query-rules.js';
import type { ProfileState } from './profile-text.js';

/** Longest that a request waits for a profile to be read, in seconds. */
export const WAIT_MAX = 60;

/** Which profiles to list. */
export class ListProfilesQuery extends PageQuery {
  /** Of this name. */
  @IsOptional()
  @FaultsOf(oneLine(200))
  name?: string;
}

export class WaitForProfileQuery {
  /** Seconds, 0 to 60: the answer comes as soon as the auditor has read the profile, or as it is then. */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => numberFrom(value))
  @FaultsOf(wholeNumber(0, WAIT_MAX))
  @ApiProperty({ minimum: 0, maximum: WAIT_MAX, default: 0 })
  wait?: number;
}

/** An input that a profile declares in its inspec.yml. */
export class ProfileInputDto {
  name: string;
  /** String, Numeric, Regexp, Array, Hash, Boolean or Any; null: the profile does not say. */
  type: string | null;
  required: boolean;
  /** Its value is a secret. */
  sensitive: boolean;
  /** The profile has a value of its own for it. */
  hasDefault: boolean;
}

export class ProfileLinksDto {
  self: string;
  controls: string;
  content: string;
}

/** A profile that can be run: its archive by content. */
export class ProfileDto {
  id: string;
  /** @example "container-baseline" */
  name: string;
  /** @example "1.0.0" */
  version: string;
  title: string;
  /** Of the archive: `sha256:` and 64 hexadecimal digits. */
  digest: string;
  /** Size of the archive. */
  bytes: number;
  /** It comes with the service. */
  builtIn: boolean;
  /** `reading`: the auditor has not read it yet; `ready`; `invalid`: the auditor refuses it, and no scan takes it. */
  state: ProfileState;
  /** What the auditor found wrong with it, in its own words; of a `ready` one, what it warns of. */
  problems: string[];
  /** How many controls the auditor could read; null while it is `reading`. */
  controls: number | null;
  inputs: ProfileInputDto[];
  createdAt: Date;
  links: ProfileLinksDto;
}

export class ProfilePageDto {
  items: ProfileDto[];
  /** Cursor of the next page, or null on the last one. */
  next: string | null;
}

/** The text of one control. */
export class ProfileControlDto {
  /** @example "container-1.1" */
  id: string;
  title: string | null;
  desc: string | null;
  /** 0 to 1. */
  impact: number;
  /** As scans judge it: of the tag `severity`, else of the impact. */
  severity: 'critical' | 'high' | 'medium' | 'low' | 'none';
  @ApiProperty({ type: 'object', additionalProperties: true })
  tags: Record<string, unknown>;
  /** Its Ruby code. */
  code: string;
}

export class ProfileControlPageDto {
  items: ProfileControlDto[];
  /** Cursor of the next page, or null on the last one. */
  next: string | null;
}

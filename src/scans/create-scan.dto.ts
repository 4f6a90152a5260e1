import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { FaultsOf, Opaque } from '../edge/check.js';
import { objectOrTextFaults } from '../thresholds/threshold-choice.js';
import { inputsFaults, sensitiveInputsFaults, waiversFaults } from './given-rules.js';
import {
  commandNamesFaults,
  imageFaults,
  labelFaults,
  profileChoiceFaults,
  subdomainFaults,
  targetFaults,
  wordsFaults,
} from './scan-rules.js';
import { SECURITY_MODES, type SecurityMode } from './scan.js';

/** The image to scan. By default its own code never runs: its container is held still while it is read. */
export class ImageTargetDto {
  /**
   * Image reference: `[registry[:port]/]path[:tag][@sha256:…]`.
   * @example "registry.example/shop/web:1.4"
   */
  @IsString()
  @FaultsOf(imageFaults)
  image: string;

  /**
   * Name of the Secret (kubernetes.io/dockerconfigjson, in the scan namespace) to pull the image with.
   * @example "registry-example"
   */
  @IsOptional()
  @FaultsOf(subdomainFaults)
  pullSecret?: string | null;

  /** Start the image's own entry point (or `command`, `args`) for the scan instead of holding it still. Left out: false. */
  @IsOptional()
  @IsBoolean()
  run?: boolean;

  /**
   * Replaces the entry point; only with `run`.
   * @example ["/usr/sbin/nginx"]
   */
  @IsOptional()
  @FaultsOf(wordsFaults)
  command?: string[] | null;

  /**
   * Replaces the arguments; only with `run`.
   * @example ["-g", "daemon off;"]
   */
  @IsOptional()
  @FaultsOf(wordsFaults)
  args?: string[] | null;
}

/** The profile to run: exactly one of `name` (with or without `version`), `configMap`, `digest`. */
export class ProfileChoiceDto {
  /**
   * A profile that the service has; `GET /v1/profiles` lists them.
   * @example "container-baseline"
   */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  name?: string;

  /** Its version; left out, the newest. */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  version?: string;

  /** Name of a ConfigMap in the scan namespace with exactly one key that ends in `.tar.gz`. */
  @IsOptional()
  @FaultsOf(subdomainFaults)
  configMap?: string;

  /** The profile's archive by content: `sha256:` and 64 hexadecimal digits. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  digest?: string;
}

/** A control that is not to count, and why. */
export class WaiverDto {
  /** @example "accepted by the platform team until the base image is replaced" */
  justification: string;

  /**
   * The first day (UTC) on which the waiver holds no more; left out: it always holds.
   * @example "2027-01-01"
   */
  expirationDate?: string | null;

  /** False: the control is not run and counts as not applicable. True or left out: it is run and counts, and carries the waiver. */
  run?: boolean | null;
}

/** A scan to be made. */
@ApiExtraModels(WaiverDto)
export class CreateScanDto {
  @IsObject({ message: 'must be an object' })
  @ValidateNested()
  @FaultsOf(targetFaults)
  @Type(() => ImageTargetDto)
  target: ImageTargetDto;

  @IsObject({ message: 'must be an object' })
  @ValidateNested()
  @FaultsOf(profileChoiceFaults)
  @Type(() => ProfileChoiceDto)
  profile: ProfileChoiceDto;

  /**
   * Values for the profile's inputs, by name. One that the profile declares `sensitive` is treated as if it were among `sensitiveInputs`.
   * @example { "max_log_mb": 100 }
   */
  @IsOptional()
  @Opaque()
  @FaultsOf(inputsFaults)
  inputs?: Record<string, unknown> | null;

  /**
   * Inputs whose values are secrets: kept encrypted until the scan has ended, masked in report, log and evidence, never shown.
   * @example { "registry_password": "…" }
   */
  @IsOptional()
  @Opaque()
  @FaultsOf(sensitiveInputsFaults)
  sensitiveInputs?: Record<string, unknown> | null;

  /**
   * Controls that are not to count, by id, each with its reason.
   * @example { "container-1.1": { "justification": "accepted until the base image is replaced", "expirationDate": "2027-01-01", "run": false } }
   */
  @ApiProperty({ type: 'object', additionalProperties: { $ref: getSchemaPath(WaiverDto) }, nullable: true })
  @IsOptional()
  @Opaque()
  @FaultsOf(waiversFaults)
  waivers?: Record<string, WaiverDto> | null;

  /**
   * Bounds on the result: with one, the scan gets the verdict `passed` or `failed`; without, `none`. Keys: `compliance`, and
   * `passed failed skipped error no_impact` with `total critical high medium low`, each with `min`, `max`; nested, flat, or the text of a
   * threshold file. Or one of the project's thresholds by its name, `"production"` or `{"name": "production"}`: the scan keeps a copy.
   * @example { "compliance": { "min": 80 }, "failed": { "critical": { "max": 0 } } }
   */
  @ApiProperty({ oneOf: [{ type: 'object', additionalProperties: true }, { type: 'string' }], nullable: true })
  @IsOptional()
  @Opaque()
  @FaultsOf(objectOrTextFaults)
  threshold?: Record<string, unknown> | string | null;

  /**
   * Marks to find the scan by: at most 32. Keys as in Kubernetes, values at most 255 characters.
   * @example { "team": "shop", "commit": "1f2e3d" }
   */
  @IsOptional()
  @Opaque()
  @FaultsOf(labelFaults)
  labels?: Record<string, string> | null;

  /**
   * Seconds from the start of its first pod after which the scan fails. The installation sets default and maximum.
   * @example 600
   */
  @IsOptional()
  @IsInt({ message: 'must be a whole number' })
  timeoutSeconds?: number | null;

  /** What the scanner may do beside the target: see docs/scan-pod.md. Left out: general. */
  @IsOptional()
  @IsIn(SECURITY_MODES, { message: `must be one of ${SECURITY_MODES.join(', ')}` })
  securityMode?: SecurityMode;

  /**
   * Programs of the image that a profile's controls may run, by name, in the image's own container. Left out: none.
   * @example ["nginx"]
   */
  @IsOptional()
  @IsArray({ message: 'must be a list' })
  @FaultsOf(commandNamesFaults)
  allowTargetCommands?: string[];
}

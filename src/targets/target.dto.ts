import { IsOptional, IsString } from 'class-validator';
import { FaultsOf } from '../edge/check.js';
import { PageQuery } from '../edge/page.dto.js';
import { imageFaults } from '../scans/scan-rules.js';

export class TargetsQuery extends PageQuery {
  /** Image reference, in any spelling: `nginx` finds `docker.io/library/nginx:latest`. */
  @IsOptional()
  @IsString()
  @FaultsOf(imageFaults)
  image?: string;
}

/** The latest completed scan of a target by one profile. */
export class LatestResultDto {
  /** Name of the profile; of one in a ConfigMap, `configMap:` and the names of both: anybody may call theirs as ours. */
  profile: string;
  scanId: string;
  verdict: 'passed' | 'failed' | 'none';
  /** Percent: passed / (passed + failed + skipped + error). */
  compliance: number;
  controls: number;
  waived: number;
  passed: number;
  failed: number;
  skipped: number;
  error: number;
  no_impact: number;
  finishedAt: string;
}

/** What was ever scanned, under one identity over time. */
export class TargetDto {
  /** @example "tgt_01kb2v9r7vf3d1z6x8m4n5p6q7" */
  id: string;
  kind: 'image';
  /** As it was first submitted. */
  image: string;
  namespace: string | null;
  createdAt: string;
  /** One entry for each profile that completed a scan. */
  latest: LatestResultDto[];
}

export class TargetPageDto {
  items: TargetDto[];
  /** Cursor of the next page, or null on the last one. */
  next: string | null;
}

import { fractionOf, percentOf } from '../results/counts.js';
import type { LatestResultDto, TargetDto } from './target.dto.js';
import type { Target, TargetResult } from './targets.repository.js';

/** A target as clients see it. */
export function targetView(target: Target): TargetDto {
  const { id, kind, image, namespace } = target;
  return {
    id,
    kind,
    image,
    namespace,
    createdAt: target.createdAt.toISOString(),
    latest: target.latest.map(latestView),
  };
}

function latestView(result: TargetResult): LatestResultDto {
  const { profile, scanId, verdict, controls, waived, passed, failed, skipped, error } = result;
  return {
    profile,
    scanId,
    verdict,
    compliance: percentOf(fractionOf(result), 'strict'),
    controls,
    waived,
    passed,
    failed,
    skipped,
    error,
    no_impact: result.noImpact,
    finishedAt: result.finishedAt.toISOString(),
  };
}

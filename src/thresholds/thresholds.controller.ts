import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Needs } from '../auth/key.guard.js';
import { ApiRefusals } from '../edge/api-refusals.js';
import type { Checked } from '../edge/check.js';
import { CheckLater } from '../edge/check.pipe.js';
import { EvaluateThresholdDto, ThresholdVerdictDto } from './evaluate-threshold.dto.js';
import { ThresholdsService } from './thresholds.service.js';

@ApiTags('thresholds')
@Controller('v1/thresholds')
@Needs('scans:read')
export class ThresholdsController {
  constructor(private readonly thresholds: ThresholdsService) {}

  /** Holds a report against a threshold and stores nothing. A report or threshold that cannot be read is refused, never passed. */
  @Post('evaluate')
  @HttpCode(200)
  @ApiBody({ type: EvaluateThresholdDto })
  @ApiOkResponse({ type: ThresholdVerdictDto })
  @ApiRefusals('MALFORMED_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'INVALID')
  evaluate(
    @Body(new CheckLater(EvaluateThresholdDto)) body: Checked<EvaluateThresholdDto>,
  ): Promise<ThresholdVerdictDto> {
    return this.thresholds.evaluate(body);
  }
}

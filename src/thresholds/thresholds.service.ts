import { Injectable } from '@nestjs/common';
import type { Fault } from '../domain/errors.js';
import type { Checked } from '../edge/check.js';
import { invalid } from '../edge/check.pipe.js';
import { evaluate } from '../results/evaluate.js';
import type { Evaluation, EvaluationMode } from '../results/evaluation.js';
import { parseReport, ReportError } from '../results/parse-report.js';
import type { EvaluateThresholdDto, ThresholdVerdictDto } from './evaluate-threshold.dto.js';
import { judge } from './judge.js';
import { parseThreshold } from './parse-threshold.js';
import { ThresholdError } from './threshold.error.js';
import { thresholdPointer } from './threshold-pointer.js';
import type { Threshold } from './threshold.js';

/** Holds any report against any threshold, without storing either. */
@Injectable()
export class ThresholdsService {
  /** Throws INVALID with what cannot be read of the report and of the threshold, both at once; never a pass for want of reading. */
  evaluate({ value, faults }: Checked<EvaluateThresholdDto>): ThresholdVerdictDto {
    if (faults.length > 0) throw invalid(faults);
    const mode = value.mode ?? 'strict';
    const unreadable: Fault[] = [];
    const evaluation = attempt(() => read(value.report, mode), unreadable, value);
    const threshold = attempt(() => parseThreshold(value.threshold, mode), unreadable, value);
    if (evaluation === null || threshold === null) throw invalid(unreadable);
    const judgement = attempt(() => judge(evaluation, threshold, mode), unreadable, value);
    if (judgement === null) throw invalid(unreadable);
    return { verdict: judgement.verdict, summary: evaluation.summary, breaches: judgement.breaches };
  }
}

function read(report: string | Record<string, unknown>, mode: EvaluationMode): Evaluation {
  return evaluate(parseReport(typeof report === 'string' ? report : JSON.stringify(report)), mode);
}

/** What the step gives, or null with its reason among the faults. */
function attempt<T extends Evaluation | Threshold | object>(
  step: () => T,
  faults: Fault[],
  body: EvaluateThresholdDto,
): T | null {
  try {
    return step();
  } catch (error) {
    if (error instanceof ReportError) faults.push({ pointer: '/report', detail: error.message });
    else if (error instanceof ThresholdError) faults.push(...error.faults.map((fault) => thresholdFault(body, fault)));
    else throw error;
    return null;
  }
}

function thresholdFault(body: EvaluateThresholdDto, { key, detail }: { key: string; detail: string }): Fault {
  if (typeof body.threshold === 'object') {
    return { pointer: `/threshold${thresholdPointer(body.threshold, key)}`, detail };
  }
  return { pointer: '/threshold', detail: key === '' ? detail : `${key}: ${detail}` };
}

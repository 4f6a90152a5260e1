import { availableParallelism } from 'node:os';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import { RequestError, type Fault } from '../domain/errors.js';
import type { Checked } from '../edge/check.js';
import { invalid } from '../edge/check.pipe.js';
import type { JudgedReport } from '../reports/threads/report-task.js';
import { ReportTimeoutError } from '../reports/threads/report-threads.js';
import { ReportWork } from '../reports/threads/report-work.js';
import { Turns } from '../reports/turns.js';
import type { EvaluationMode } from '../results/evaluation.js';
import { ReportError } from '../results/report.error.js';
import type { EvaluateThresholdDto, ThresholdVerdictDto } from './evaluate-threshold.dto.js';
import { ThresholdError } from './threshold.error.js';
import { thresholdPointer } from './threshold-pointer.js';

/** Evaluations at a time, and requests that may wait for one: each holds its report in memory. */
const AT_ONCE = Math.min(2, availableParallelism());
const WAITING_MAX = 64;
/** A report that can be read: what is wrong when it is judged is the threshold. */
const READABLE = '{"profiles":[]}';

/** Holds any report against any threshold, without storing either, in threads: the event loop goes on meanwhile. */
@Injectable()
export class ThresholdsService {
  readonly #turns = new Turns(AT_ONCE, WAITING_MAX);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly work: ReportWork,
  ) {}

  /**
   * Throws INVALID with what cannot be read of the report and of the threshold, both at once; never a pass for want of reading.
   * Throws BODY_TOO_LARGE for a report over SIDESCAN_REPORT_LIMIT_BYTES, and UNAVAILABLE if there is too much to do.
   */
  async evaluate({ value, faults }: Checked<EvaluateThresholdDto>): Promise<ThresholdVerdictDto> {
    if (faults.length > 0) throw invalid(faults);
    const report = this.#sizedReport(value.report);
    const judged = await this.#turns.take(() => this.#judge(report, value));
    if (judged === null) throw new RequestError('UNAVAILABLE', 'too many reports are being evaluated just now');
    const { evaluation, judgement } = judged;
    if (judgement === null) throw invalid([{ pointer: '/threshold', detail: 'the threshold is empty' }]);
    return { verdict: judgement.verdict, summary: evaluation.summary, breaches: judgement.breaches };
  }

  #sizedReport(given: EvaluateThresholdDto['report']): string {
    const report = typeof given === 'string' ? given : JSON.stringify(given);
    const bytes = Buffer.byteLength(report);
    const limit = this.config.limits.reportBytes;
    if (bytes > limit) throw new RequestError('BODY_TOO_LARGE', `the report has ${bytes} bytes; the limit is ${limit}`);
    return report;
  }

  async #judge(report: string, body: EvaluateThresholdDto): Promise<JudgedReport> {
    const mode = body.mode ?? 'strict';
    try {
      return await this.work.judge(report, mode, body.threshold);
    } catch (error) {
      if (error instanceof ReportTimeoutError)
        throw invalid([{ pointer: '', detail: `takes too long: ${error.message}` }]);
      if (error instanceof ThresholdError) throw invalid(thresholdFaults(body, error));
      if (!(error instanceof ReportError)) throw error;
      const own = { pointer: '/report', detail: error.message };
      throw invalid([own, ...(await this.#faultsOfThreshold(body, mode))]);
    }
  }

  /** A report that cannot be read hides what is wrong with its threshold, which the caller wants to know as well. */
  async #faultsOfThreshold(body: EvaluateThresholdDto, mode: EvaluationMode): Promise<Fault[]> {
    try {
      await this.work.judge(READABLE, mode, body.threshold);
    } catch (error) {
      if (error instanceof ThresholdError) return thresholdFaults(body, error);
      if (!(error instanceof ReportError)) throw error;
    }
    return [];
  }
}

function thresholdFaults({ threshold }: EvaluateThresholdDto, { faults }: ThresholdError): Fault[] {
  return faults.map(({ key, detail }) => {
    if (typeof threshold === 'object') return { pointer: `/threshold${thresholdPointer(threshold, key)}`, detail };
    return { pointer: '/threshold', detail: key === '' ? detail : `${key}: ${detail}` };
  });
}

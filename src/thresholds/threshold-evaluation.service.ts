import { availableParallelism } from 'node:os';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../auth/scopes.js';
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
import { READABLE, ThresholdChoiceService } from './threshold-choice.service.js';
import { thresholdFaults } from './threshold-pointer.js';

/** Evaluations at a time, and requests that may wait for one: each holds its report in memory. */
const AT_ONCE = Math.min(2, availableParallelism());
const WAITING_MAX = 64;

/** Holds any report against any threshold, without storing either, in threads: the event loop goes on meanwhile. */
@Injectable()
export class ThresholdEvaluationService {
  readonly #turns = new Turns(AT_ONCE, WAITING_MAX);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly work: ReportWork,
    private readonly choices: ThresholdChoiceService,
  ) {}

  /**
   * Throws INVALID with what cannot be read of the report and of the threshold, both at once; never a pass for want of reading.
   * Throws BODY_TOO_LARGE for a report over SIDESCAN_REPORT_LIMIT_BYTES, and UNAVAILABLE if there is too much to do.
   */
  async evaluate(caller: Caller, { value, faults }: Checked<EvaluateThresholdDto>): Promise<ThresholdVerdictDto> {
    if (faults.length > 0) throw invalid(faults);
    const report = this.#sizedReport(value.report);
    const named = await this.choices.find(caller.projectId, value.threshold);
    const threshold = named.definition;
    const mode = value.mode ?? 'strict';
    const judged = await this.#turns.take(() => this.#judge(report, mode, threshold, named.faults));
    if (judged === null) throw new RequestError('UNAVAILABLE', 'too many reports are being evaluated just now');
    const { evaluation, judgement } = judged;
    if (named.faults.length > 0) throw invalid(named.faults);
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

  /** `known`: what is wrong with the threshold already; then the report alone is read, so that all faults are told at once. */
  async #judge(
    report: string,
    mode: EvaluationMode,
    threshold: unknown,
    known: readonly Fault[],
  ): Promise<JudgedReport> {
    try {
      return await this.work.judge(report, mode, known.length > 0 ? null : threshold);
    } catch (error) {
      if (error instanceof ReportTimeoutError)
        throw invalid([{ pointer: '', detail: `takes too long: ${error.message}` }]);
      if (error instanceof ThresholdError) throw invalid(thresholdFaults(threshold, error));
      if (!(error instanceof ReportError)) throw error;
      const own = { pointer: '/report', detail: error.message };
      const others = known.length > 0 ? known : await this.#faultsOfThreshold(threshold, mode);
      throw invalid([own, ...others]);
    }
  }

  /** A report that cannot be read hides what is wrong with its threshold, which the caller wants to know as well. */
  async #faultsOfThreshold(threshold: unknown, mode: EvaluationMode): Promise<Fault[]> {
    try {
      await this.work.judge(READABLE, mode, threshold);
    } catch (error) {
      if (error instanceof ThresholdError) return thresholdFaults(threshold, error);
      if (!(error instanceof ReportError)) throw error;
    }
    return [];
  }
}

import { availableParallelism } from 'node:os';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../auth/scopes.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import { RequestError, type Fault } from '../domain/errors.js';
import { check } from '../edge/check.js';
import { invalid } from '../edge/check.pipe.js';
import type { JudgedReport } from '../reports/threads/judged-report.js';
import { ReportTimeoutError } from '../reports/threads/report-threads.js';
import { ReportWork } from '../reports/threads/report-work.js';
import { Turns } from '../reports/turns.js';
import type { EvaluationMode } from '../results/evaluation.js';
import { ReportError } from '../results/report.error.js';
import { EvaluateThresholdDto, type ThresholdVerdictDto } from './evaluate-threshold.dto.js';
import type { EvaluationRequest } from './evaluation-request.js';
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
   * Throws MALFORMED_JSON, INVALID with what cannot be read of the report and of the threshold, both at once (never a pass for want of
   * reading), BODY_TOO_LARGE for a report over SIDESCAN_REPORT_LIMIT_BYTES, and UNAVAILABLE if there is too much to do.
   */
  async evaluate(caller: Caller, body: Uint8Array): Promise<ThresholdVerdictDto> {
    const verdict = await this.#turns.take(() => this.#evaluate(caller, body));
    if (verdict === null) throw new RequestError('UNAVAILABLE', 'too many reports are being evaluated just now');
    return verdict;
  }

  async #evaluate(caller: Caller, body: Uint8Array): Promise<ThresholdVerdictDto> {
    const { fields, report } = await this.#request(body);
    const { value, faults } = await check(EvaluateThresholdDto, fields);
    if (faults.length > 0 || report === null) throw invalid(faults);
    const limit = this.config.limits.reportBytes;
    if (report.length > limit)
      throw new RequestError('BODY_TOO_LARGE', `the report has ${report.length} bytes; the limit is ${limit}`);
    const named = await this.choices.find(caller.projectId, value.threshold);
    const { evaluation, judgement } = await this.#judge(report, value.mode ?? 'strict', named.definition, named.faults);
    if (named.faults.length > 0) throw invalid(named.faults);
    if (judgement === null) throw invalid([{ pointer: '/threshold', detail: 'the threshold is empty' }]);
    return { verdict: judgement.verdict, summary: evaluation.summary, breaches: judgement.breaches };
  }

  async #request(body: Uint8Array): Promise<EvaluationRequest> {
    try {
      const request = await this.work.request(body);
      if (request.kind === 'request') return request;
      throw new RequestError(request.kind === 'malformed' ? 'MALFORMED_JSON' : 'BODY_TOO_LARGE', request.detail);
    } catch (error) {
      if (error instanceof ReportTimeoutError) throw tooLong(error);
      if (error instanceof ReportError) throw invalid([{ pointer: '/report', detail: error.message }]);
      throw error;
    }
  }

  /** `known`: what is wrong with the threshold already; then the report alone is read, so that all faults are told at once. */
  async #judge(
    report: Uint8Array,
    mode: EvaluationMode,
    threshold: unknown,
    known: readonly Fault[],
  ): Promise<JudgedReport> {
    try {
      return await this.work.judge(report, mode, known.length > 0 ? null : threshold);
    } catch (error) {
      if (error instanceof ReportTimeoutError) throw tooLong(error);
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

function tooLong(error: ReportTimeoutError): RequestError {
  return invalid([{ pointer: '', detail: `takes too long: ${error.message}` }]);
}

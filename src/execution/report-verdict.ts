import { availableParallelism } from 'node:os';
import { Injectable } from '@nestjs/common';
import type { Verdict } from '../domain/scan-state.js';
import type { JudgedReport } from '../reports/threads/judged-report.js';
import { ReportWork } from '../reports/threads/report-work.js';
import { Turns } from '../reports/turns.js';
import { ReportError } from '../results/report.error.js';
import type { KnownText } from '../results/waived-texts.js';
import type { Outcome } from '../scans/scans.repository.js';
import { failScan, Interrupted } from './scan-failed.error.js';

/** What a report comes to: its controls and counts, and what the threshold says of them. */
export type ReportVerdict = Pick<Outcome, 'controls' | 'summary' | 'verdict' | 'breaches'>;

/** Reports at a time. The others wait here: their time limit would run while they wait for a thread. */
const AT_ONCE = Math.min(2, availableParallelism());

/** Judges reports away from the event loop: a job's lock is renewed however long a report takes. */
@Injectable()
export class ReportVerdicts {
  readonly #turns = new Turns(AT_ONCE, Infinity);

  constructor(private readonly work: ReportWork) {}

  /**
   * The verdict of the threshold, `none` without one; waived controls have the `texts` of the profile. Throws ScanFailed REPORT_INVALID, and
   * Interrupted if `signal` comes before its turn.
   */
  async of(
    bytes: Uint8Array,
    threshold: unknown,
    texts: readonly KnownText[],
    signal: AbortSignal,
  ): Promise<ReportVerdict> {
    const judged = await this.#turns.take(() =>
      signal.aborted ? Promise.resolve(null) : this.#judge(bytes, threshold, texts),
    );
    if (judged === null) throw new Interrupted();
    return verdictOf(judged);
  }

  async #judge(bytes: Uint8Array, threshold: unknown, texts: readonly KnownText[]): Promise<JudgedReport> {
    try {
      return await this.work.judge(bytes, 'strict', threshold, texts);
    } catch (error) {
      if (error instanceof ReportError) throw failScan('REPORT_INVALID', `The report cannot be read: ${error.message}`);
      throw error;
    }
  }
}

function verdictOf({ evaluation, judgement }: JudgedReport): ReportVerdict {
  const { summary, controls } = evaluation;
  if (judgement === null) return { controls, summary, verdict: 'none', breaches: [] };
  // The threshold says so already; said again here, because nothing else stands between an empty report and `passed`.
  const fenced: Verdict = evaluation.tested ? judgement.verdict : 'failed';
  return { controls, summary, verdict: fenced, breaches: judgement.breaches };
}

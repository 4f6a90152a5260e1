import { numberOf, textOf } from './fields.js';
import type { ReportResult, ResultStatus } from './report.js';

/** One test over what the auditor wrote: most texts of most tests are asked for by nobody. */
export class WrittenResult implements ReportResult {
  constructor(private readonly raw: Readonly<Record<string, unknown>>) {}

  get status(): ResultStatus | null {
    const status = this.raw['status'];
    return isResultStatus(status) ? status : null;
  }

  get broke(): boolean {
    return Boolean(this.raw['backtrace']);
  }

  get codeDesc(): string {
    return textOf(this.raw['code_desc']) ?? '';
  }

  get message(): string | null {
    return textOf(this.raw['message']);
  }

  get skipMessage(): string | null {
    return textOf(this.raw['skip_message']);
  }

  get exception(): string | null {
    return textOf(this.raw['exception']);
  }

  get startTime(): string | null {
    return textOf(this.raw['start_time']);
  }

  get runTime(): number | null {
    return numberOf(this.raw['run_time']);
  }
}

/** A word that auditors write for the status of a test. */
export function isResultStatus(word: unknown): word is ResultStatus {
  return word === 'passed' || word === 'failed' || word === 'skipped' || word === 'error';
}

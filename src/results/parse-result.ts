import { isRecord, kindOf } from './fields.js';
import type { ControlOutcome } from './report.js';
import type { WrittenControl } from './written-control.js';
import { isResultStatus } from './written-result.js';

/** Is told what is so wrong with a control that it cannot be judged, by its path below the control. */
export interface Breaks {
  breaks(at: string, detail: string): void;
}

/** How much an outcome says of its control: what says more stands over what says less. */
const WEIGHT: Readonly<Record<ControlOutcome, number>> = {
  error: 5,
  failed: 4,
  passed: 3,
  skipped: 2,
  nothing: 1,
  untested: 0,
};

/** Reads the tests of a control and what they come to; `written` is the list as it stands in the report. */
export function readResults(control: WrittenControl, written: unknown, wrong: Breaks): void {
  if (!Array.isArray(written)) return wrong.breaks('.results', `should be a list and is ${kindOf(written)}`);
  control.tests = written.every(isRecord) ? written : written.filter(isRecord);
  control.inapplicable = control.tests.length > 0;
  for (let i = 0; i < written.length; i++) {
    const test: unknown = written[i];
    if (!isRecord(test)) {
      wrong.breaks(`.results[${i}]`, `a result should be an object and is ${kindOf(test)}`);
      continue;
    }
    const { status } = test;
    if (!isResultStatus(status) && status !== undefined && status !== null)
      wrong.breaks(`.results[${i}].status`, `should be passed, failed, skipped or error and is ${describe(status)}`);
    const outcome = test['backtrace'] ? 'error' : isResultStatus(status) ? status : 'nothing';
    if (WEIGHT[outcome] > WEIGHT[control.outcome]) control.outcome = outcome;
    if (status !== 'failed' || test['resource_class'] !== 'noop') control.inapplicable = false;
  }
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : kindOf(value);
}

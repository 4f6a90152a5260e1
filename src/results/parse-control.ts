import { type FaultList, isRecord, kindOf, notText, numberOf, textOf } from './fields.js';
import { type Breaks, readResults } from './parse-result.js';
import type { ReportControl, ReportWaiver } from './report.js';
import { WrittenControl } from './written-control.js';

const SEVERITY_TAGS = ['severity', 'severityoverride'] as const;

/**
 * Reads the controls of one profile, one after the other. It never throws: what cannot be judged is marked `broken`, so that it counts as an
 * error and not as nothing.
 */
export class ControlReader implements Breaks {
  #index = 0;
  #broken: string | null = null;

  constructor(
    private readonly profile: string,
    private readonly faults: FaultList,
  ) {}

  read(value: unknown, index: number): ReportControl {
    this.#index = index;
    this.#broken = null;
    const control = new WrittenControl(isRecord(value) ? value : {});
    if (isRecord(value)) this.#readInto(control, value);
    else this.breaks('', `a control should be an object and is ${kindOf(value)}`);
    if (control.id === '') control.id = this.path('');
    control.broken = this.#broken;
    return control;
  }

  #readInto(control: WrittenControl, value: Record<string, unknown>): void {
    control.id = textOf(value['id']) ?? '';
    if (control.id === '') this.breaks('.id', 'a control must have an id');
    control.title = textOf(value['title']);
    control.impact = numberOf(value['impact']);
    if (control.impact === null) this.breaks('.impact', `should be a number and is ${kindOf(value['impact'])}`);
    else if (control.impact < 0 || control.impact > 1)
      this.faults.add(this.path('.impact'), `should be from 0 to 1 and is ${control.impact}`);
    readResults(control, value['results'], this);
    control.tags = this.#tags(value['tags']);
    control.waiver = this.#waiver(value['waiver_data']);
  }

  /** Something is so wrong that the control cannot be judged. */
  breaks(at: string, detail: string): void {
    this.faults.add(this.path(at), detail);
    this.#broken ??= `${this.path(at)}: ${detail}`;
  }

  /** Made only where something is wrong: a report may have a hundred thousand controls. */
  path(at: string): string {
    return `${this.profile}.controls[${this.#index}]${at}`;
  }

  #tags(value: unknown): Record<string, unknown> {
    if (!isRecord(value)) {
      this.faults.add(this.path('.tags'), `should be an object and is ${kindOf(value)}`);
      return {};
    }
    for (const tag of SEVERITY_TAGS) {
      const detail = notText(value[tag]);
      if (detail !== null) this.faults.add(this.path(`.tags.${tag}`), detail);
    }
    return value;
  }

  #waiver(value: unknown): ReportWaiver | null {
    if (value === undefined || value === null) return null;
    const at = '.waiver_data';
    if (!isRecord(value)) {
      this.faults.add(this.path(at), `should be an object and is ${kindOf(value)}; the control counts as not waived`);
      return null;
    }
    const skipped = value['skipped_due_to_waiver'];
    if (typeof skipped === 'string' && skipped !== '') {
      const path = this.path(`${at}.skipped_due_to_waiver`);
      this.faults.add(path, 'is text instead of true or false; any text counts as waived');
    }
    return {
      skipped: Boolean(skipped),
      justification: textOf(value['justification']),
      expirationDate: textOf(value['expiration_date']),
      message: textOf(value['message']),
    };
  }
}

import type { ReportFault } from './report.js';

const MAX_FAULTS = 100;

/** A JSON object (not null, not a list). */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a JSON value is, in a word: for messages. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'a number without end';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Text as it stands in the report, NUL and halves of surrogate pairs among it, or null: whoever writes it says what his format holds. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** A finite number, or null. */
export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** What is wrong with an optional field that should be text, or null. */
export function notText(value: unknown): string | null {
  return value === undefined || value === null || typeof value === 'string'
    ? null
    : `should be a string and is ${kindOf(value)}`;
}

/** Collects what is wrong with a report, at most 100 entries: a report may be wrong in every line. */
export class FaultList {
  readonly faults: ReportFault[] = [];
  private total = 0;

  add(path: string, detail: string): void {
    this.total++;
    if (this.faults.length < MAX_FAULTS) this.faults.push({ path, detail });
  }

  /** The faults, with a last line for those that were left out. */
  list(): ReportFault[] {
    const left = this.total - this.faults.length;
    return left > 0 ? [...this.faults, { path: '$', detail: `and ${left} more` }] : this.faults;
  }
}

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
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Text without NUL characters (Postgres stores none) and without broken surrogate pairs, or null if the value is not text. */
export function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  return value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
}

/** A finite number, or null. */
export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** Collects what is wrong with a report, at most 100 entries: a report may be wrong in every line. */
export class FaultList {
  readonly faults: ReportFault[] = [];
  private total = 0;

  add(path: string, detail: string): void {
    this.total++;
    if (this.faults.length < MAX_FAULTS) this.faults.push({ path, detail });
  }

  /** Adds a fault if an optional field is there and of another kind than it should be. */
  optional(owner: Record<string, unknown>, key: string, kind: 'string' | 'number', path: string): void {
    const value = owner[key];
    if (value !== undefined && value !== null && typeof value !== kind) {
      this.add(`${path}.${key}`, `should be a ${kind} and is ${kindOf(value)}`);
    }
  }

  /** The faults, with a last line for those that were left out. */
  list(): ReportFault[] {
    const left = this.total - this.faults.length;
    return left > 0 ? [...this.faults, { path: '$', detail: `and ${left} more` }] : this.faults;
  }
}

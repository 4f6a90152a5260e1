import { isRecord, numberOf, textOf } from './fields.js';
import type { ControlOutcome, ReportControl, ReportResult, ReportWaiver } from './report.js';
import { WrittenResult } from './written-result.js';

type Raw = Readonly<Record<string, unknown>>;

/**
 * A control over what the auditor wrote. What a verdict needs is read once and set; the rest, which is nine tenths of a report, is read when
 * an export asks for it, and mostly nobody does.
 */
export class WrittenControl implements ReportControl {
  id = '';
  title: string | null = null;
  impact: number | null = null;
  tags: Raw = {};
  outcome: ControlOutcome = 'untested';
  inapplicable = false;
  waiver: ReportWaiver | null = null;
  broken: string | null = null;
  /** Those of its tests that are objects. */
  tests: readonly Raw[] = [];

  constructor(private readonly raw: Raw) {}

  get desc(): string | null {
    return textOf(this.raw['desc']);
  }

  get code(): string | null {
    return textOf(this.raw['code']);
  }

  /** A list of label and data, or, as in profiles, an object of them. */
  get descriptions(): { label: string; data: string }[] {
    const value = this.raw['descriptions'];
    if (typeof value !== 'object' || value === null) return [];
    const pairs = Array.isArray(value)
      ? (value as unknown[]).filter(isRecord).map(({ label, data }): [unknown, unknown] => [label, data])
      : Object.entries(value);
    return pairs.flatMap(([label, data]) => (typeof data === 'string' ? [{ label: textOf(label) ?? '', data }] : []));
  }

  get source(): { ref: string | null; line: number | null } {
    const value = this.raw['source_location'];
    return isRecord(value) ? { ref: textOf(value['ref']), line: numberOf(value['line']) } : { ref: null, line: null };
  }

  get results(): ReportResult[] {
    return this.tests.map((raw) => new WrittenResult(raw));
  }

  /** The same control with what its profile says of it. */
  retold(text: Pick<ReportControl, 'title' | 'impact' | 'tags'>): ReportControl {
    const { title, impact, tags } = text;
    return Object.assign(new WrittenControl(this.raw), this, { title, impact, tags });
  }
}

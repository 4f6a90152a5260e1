import { evaluate } from '../../../src/results/evaluate.js';
import type { Evaluation } from '../../../src/results/evaluation.js';
import { parseReport } from '../../../src/results/parse-report.js';

type Raw = Record<string, unknown>;

/** One test of a control, as an auditor writes it. */
export function result(status: string | undefined, more: Raw = {}): Raw {
  return {
    status,
    code_desc: `it ${status ?? 'says nothing'}`,
    run_time: 0.01,
    start_time: '2026-01-01T00:00:00+00:00',
    ...more,
  };
}

/** A control of impact 0.5 whose tests have the given statuses. */
export function control(id: string, statuses: string[], more: Raw = {}): Raw {
  return {
    id,
    title: `Title of ${id}`,
    desc: null,
    descriptions: [],
    impact: 0.5,
    refs: [],
    tags: {},
    code: '',
    source_location: { line: 1, ref: 'controls/a.rb' },
    results: statuses.map((status) => result(status)),
    ...more,
  };
}

export function profile(name: string, controls: unknown[], more: Raw = {}): Raw {
  return {
    name,
    version: '1.0.0',
    sha256: '0',
    title: name,
    supports: [],
    attributes: [],
    groups: [],
    status: 'loaded',
    controls,
    ...more,
  };
}

/** A whole report that SAF reads too. */
export function report(profiles: unknown[], more: Raw = {}): Raw {
  return {
    platform: { name: 'debian', release: '12' },
    profiles,
    statistics: { duration: 0.1 },
    version: '7.1.16',
    ...more,
  };
}

/** A report of one profile, evaluated in mode strict. */
export function strictly(...controls: unknown[]): Evaluation {
  return evaluate(parseReport(JSON.stringify(report([profile('base', controls)]))), 'strict');
}

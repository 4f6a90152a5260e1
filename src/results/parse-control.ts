import { type FaultList, isRecord, kindOf, numberOf, textOf } from './fields.js';
import type { ReportControl, ReportResult, ReportWaiver, ResultStatus } from './report.js';

const RESULT_STATUSES: ReadonlySet<unknown> = new Set<ResultStatus>(['passed', 'failed', 'skipped', 'error']);

const NO_CONTROL: Omit<ReportControl, 'id' | 'broken'> = {
  title: null,
  desc: null,
  descriptions: [],
  impact: null,
  tags: {},
  code: null,
  source: { ref: null, line: null },
  results: [],
  waiver: null,
};

/** Reads one control. It never throws: what cannot be judged is marked `broken`, so that it counts as an error and not as nothing. */
export function readControl(value: unknown, path: string, faults: FaultList): ReportControl {
  let broken: string | null = null;
  const breaks = (at: string, detail: string): void => {
    faults.add(at, detail);
    broken ??= `${at}: ${detail}`;
  };
  if (!isRecord(value)) {
    breaks(path, `a control should be an object and is ${kindOf(value)}`);
    return { ...NO_CONTROL, id: path, broken };
  }
  const id = textOf(value['id']);
  if (id === null || id === '') breaks(`${path}.id`, 'a control must have an id');
  const impact = numberOf(value['impact']);
  if (impact === null) breaks(`${path}.impact`, `should be a number and is ${kindOf(value['impact'])}`);
  const source = isRecord(value['source_location']) ? value['source_location'] : {};
  const results = readResults(value['results'], `${path}.results`, breaks);
  return {
    id: id === null || id === '' ? path : id,
    title: textOf(value['title']),
    desc: textOf(value['desc']),
    descriptions: readDescriptions(value['descriptions']),
    impact,
    tags: readTags(value['tags'], path, faults),
    code: textOf(value['code']),
    source: { ref: textOf(source['ref']), line: numberOf(source['line']) },
    results,
    waiver: readWaiver(value['waiver_data'], `${path}.waiver_data`, faults),
    broken,
  };
}

function readTags(value: unknown, path: string, faults: FaultList): Record<string, unknown> {
  if (!isRecord(value)) {
    faults.add(`${path}.tags`, `should be an object and is ${kindOf(value)}`);
    return {};
  }
  faults.optional(value, 'severity', 'string', `${path}.tags`);
  faults.optional(value, 'severityoverride', 'string', `${path}.tags`);
  return value;
}

/** A list of label and data, or, as in profiles, an object of them. */
function readDescriptions(value: unknown): { label: string; data: string }[] {
  const texts: { label: string; data: string }[] = [];
  const add = (label: unknown, data: unknown): void => {
    const text = textOf(data);
    if (text !== null) texts.push({ label: textOf(label) ?? '', data: text });
  };
  if (Array.isArray(value)) {
    for (const entry of value as unknown[]) if (isRecord(entry)) add(entry['label'], entry['data']);
  } else if (isRecord(value)) {
    for (const [label, data] of Object.entries(value)) add(label, data);
  }
  return texts;
}

function readResults(value: unknown, path: string, breaks: (at: string, detail: string) => void): ReportResult[] {
  if (!Array.isArray(value)) {
    breaks(path, `should be a list and is ${kindOf(value)}`);
    return [];
  }
  const results: ReportResult[] = [];
  for (let i = 0; i < value.length; i++) {
    const raw: unknown = value[i];
    if (!isRecord(raw)) breaks(`${path}[${i}]`, `a result should be an object and is ${kindOf(raw)}`);
    else results.push(readResult(raw, () => `${path}[${i}]`, breaks));
  }
  return results;
}

function readResult(
  raw: Record<string, unknown>,
  path: () => string,
  breaks: (at: string, detail: string) => void,
): ReportResult {
  const status = raw['status'];
  const known = RESULT_STATUSES.has(status);
  if (!known && status !== undefined && status !== null) {
    breaks(`${path()}.status`, `should be passed, failed, skipped or error and is ${describe(status)}`);
  }
  return {
    status: known ? (status as ResultStatus) : null,
    broke: Boolean(raw['backtrace']),
    codeDesc: textOf(raw['code_desc']) ?? '',
    message: textOf(raw['message']),
    skipMessage: textOf(raw['skip_message']),
    exception: textOf(raw['exception']),
    resourceClass: textOf(raw['resource_class']),
    startTime: textOf(raw['start_time']),
    runTime: numberOf(raw['run_time']),
  };
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : kindOf(value);
}

function readWaiver(value: unknown, path: string, faults: FaultList): ReportWaiver | null {
  if (value === undefined || value === null) return null;
  if (!isRecord(value)) {
    faults.add(path, `should be an object and is ${kindOf(value)}; the control counts as not waived`);
    return null;
  }
  const skipped = value['skipped_due_to_waiver'];
  if (typeof skipped === 'string' && skipped !== '') {
    faults.add(`${path}.skipped_due_to_waiver`, 'is text instead of true or false; any text counts as waived');
  }
  return {
    skipped: Boolean(skipped),
    justification: textOf(value['justification']),
    expirationDate: textOf(value['expiration_date']),
    message: textOf(value['message']),
  };
}

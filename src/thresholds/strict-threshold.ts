import { CONTROL_STATUSES, type ControlStatus, SEVERITIES, type Severity } from '../results/evaluation.js';
import { isRecord, kindOf } from '../results/fields.js';
import { ThresholdError, type ThresholdFault } from './threshold.error.js';
import type { Bound, StrictThreshold } from './threshold.js';

/** One value of the document with the whole path to it; dots in a key count as steps. */
interface Leaf {
  key: string;
  path: string[];
  value: unknown;
}

/** Reads nested or flat keys, or both, into bounds; throws `ThresholdError` with every unknown key and bad bound. */
export function readStrict(document: unknown): StrictThreshold {
  const faults: ThresholdFault[] = [];
  if (!isRecord(document)) {
    throw new ThresholdError([
      { key: '', detail: `a threshold is a mapping of keys to bounds, and this is ${kindOf(document)}` },
    ]);
  }
  const bounds: Bound[] = [];
  const seen = new Set<string>();
  for (const leaf of leavesOf(document, [], faults)) {
    if (seen.has(leaf.key)) {
      faults.push({ key: leaf.key, detail: 'is set twice' });
      continue;
    }
    seen.add(leaf.key);
    const bound = boundOf(leaf, faults);
    if (bound !== null) bounds.push(bound);
  }
  if (bounds.length === 0 && faults.length === 0) faults.push({ key: '', detail: 'the threshold sets no bound' });
  faults.push(...contradictions(bounds));
  if (faults.length > 0) throw new ThresholdError(faults);
  return { mode: 'strict', bounds: bounds.sort((a, b) => rankOf(a) - rankOf(b)) };
}

/** No bound is deeper than three steps; what is deeper is an unknown key and not walked into. */
function leavesOf(record: Record<string, unknown>, above: string[], faults: ThresholdFault[]): Leaf[] {
  return Object.entries(record).flatMap(([name, value]): Leaf[] => {
    const path = [...above, ...name.split('.')];
    const key = path.join('.');
    if (!isRecord(value) || path.length > 3) return [{ key, path, value }];
    if (Object.keys(value).length > 0) return leavesOf(value, path, faults);
    faults.push({ key, detail: 'sets no bound' });
    return [];
  });
}

function boundOf(leaf: Leaf, faults: ThresholdFault[]): Bound | null {
  const { key, path } = leaf;
  const [status, bucket, limit] = path;
  if (status === 'compliance') return complianceBound(leaf, faults);
  if (!isStatus(status))
    return refuse(faults, key, `is unknown; a key begins with compliance, ${CONTROL_STATUSES.join(', ')}`);
  if (path.length > 3) return refuse(faults, key, 'is unknown; a key has at most three parts');
  if (bucket === 'total') {
    if (limit !== undefined && !isLimit(limit))
      return refuse(faults, key, 'is unknown; a total is a number, or has min and max');
    return countBound(leaf, status, bucket, limit ?? 'exact', faults);
  }
  if (bucket === 'none' && status !== 'no_impact') return refuse(faults, key, 'is unknown; only no_impact has none');
  if (!isSeverity(bucket))
    return refuse(faults, key, `is unknown; after ${status} comes total or ${severitiesOf(status)}`);
  if (limit === 'controls') return controlsBound(leaf, status, bucket, faults);
  if (!isLimit(limit)) return refuse(faults, key, 'is not complete or unknown; a severity has min, max and controls');
  return countBound(leaf, status, bucket, limit, faults);
}

function complianceBound({ key, path, value }: Leaf, faults: ThresholdFault[]): Bound | null {
  const [, limit] = path;
  if (path.length !== 2 || !isLimit(limit)) return refuse(faults, key, 'is unknown; compliance has min and max');
  if (typeof value !== 'number' || !Number.isFinite(value))
    return refuse(faults, key, `should be a number and is ${told(value)}`);
  if (value < 0 || value > 100) return refuse(faults, key, `should be from 0 to 100 and is ${value}`);
  return { kind: 'compliance', key, limit, value };
}

function countBound(
  { key, value }: Leaf,
  status: ControlStatus,
  bucket: Severity | 'total',
  limit: 'min' | 'max' | 'exact',
  faults: ThresholdFault[],
): Bound | null {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    return refuse(faults, key, `should be a whole number, 0 or more, and is ${told(value)}`);
  }
  return { kind: 'count', key, status, bucket, limit, value };
}

function controlsBound(
  { key, value }: Leaf,
  status: ControlStatus,
  bucket: Severity,
  faults: ThresholdFault[],
): Bound | null {
  if (!Array.isArray(value)) return refuse(faults, key, `should be a list of control ids and is ${told(value)}`);
  const wrong = (value as unknown[]).findIndex((id) => typeof id !== 'string');
  if (wrong >= 0) return refuse(faults, key, `holds ${told(value[wrong])}; put every control id in quotes`);
  return { kind: 'controls', key, status, bucket, value: value as string[] };
}

/** Two bounds that no report can keep: a minimum above the maximum. */
function contradictions(bounds: readonly Bound[]): ThresholdFault[] {
  const maxima = new Map(
    bounds.filter((bound) => bound.key.endsWith('.max')).map((bound) => [bound.key.slice(0, -4), bound.value]),
  );
  return bounds.flatMap((bound) => {
    const max = bound.key.endsWith('.min') ? maxima.get(bound.key.slice(0, -4)) : undefined;
    if (typeof max !== 'number' || typeof bound.value !== 'number' || bound.value <= max) return [];
    return [{ key: bound.key, detail: `${bound.value} is above the maximum, ${max}` }];
  });
}

/** Compliance, exact totals, total min, total max, then severities from critical to none: counts first, control lists last. */
function rankOf(bound: Bound): number {
  if (bound.kind === 'compliance') return bound.limit === 'min' ? 0 : 1;
  const status = CONTROL_STATUSES.indexOf(bound.status);
  if (bound.kind === 'count' && bound.bucket === 'total')
    return 10 * (1 + ['exact', 'min', 'max'].indexOf(bound.limit)) + status;
  const severity = 100 * (1 + SEVERITIES.indexOf(bound.bucket as Severity)) + 2 * status;
  return bound.kind === 'controls' ? 1000 + severity : severity + (bound.limit === 'min' ? 0 : 1);
}

function refuse(faults: ThresholdFault[], key: string, detail: string): null {
  faults.push({ key, detail });
  return null;
}

function told(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? `the text ${JSON.stringify(value.slice(0, 40))}` : kindOf(value);
}

function severitiesOf(status: ControlStatus): string {
  return SEVERITIES.filter((severity) => severity !== 'none' || status === 'no_impact').join(', ');
}

function isStatus(word: string | undefined): word is ControlStatus {
  return (CONTROL_STATUSES as readonly (string | undefined)[]).includes(word);
}

function isSeverity(word: string | undefined): word is Severity {
  return (SEVERITIES as readonly (string | undefined)[]).includes(word);
}

function isLimit(word: string | undefined): word is 'min' | 'max' {
  return word === 'min' || word === 'max';
}

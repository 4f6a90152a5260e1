import type { Fault } from '../domain/errors.js';
import { normalizeImage } from '../domain/image-reference.js';
import { momentOf } from '../edge/query-rules.js';
import type { ListScansQuery } from './list-scans.query.js';
import { labelFaults } from './scan-rules.js';
import type { ScanFilter } from './scan-history.repository.js';

/** `KEY=VALUE` filters, and no key twice: two values of one label hold never together. */
export function labelFilterFaults(value: unknown): Fault[] {
  if (!Array.isArray(value)) return [{ detail: 'must be KEY=VALUE' }];
  const pairs = value.map((text: unknown) =>
    typeof text === 'string' && text.includes('=') ? splitLabel(text) : null,
  );
  const good = pairs.every((pair) => pair !== null && labelFaults({ [pair[0]]: pair[1] }).length === 0);
  if (!good) return [{ detail: 'must be KEY=VALUE, as a label can be' }];
  return new Set(pairs.map((pair) => pair?.[0])).size < pairs.length ? [{ detail: 'names the same key twice' }] : [];
}

/** The conditions of a checked query. */
export function scanFilter(query: ListScansQuery): ScanFilter {
  return {
    states: query.state ?? [],
    verdicts: query.verdict ?? [],
    targetId: query.target ?? null,
    identity: query.image === undefined ? null : `image:${normalizeImage(query.image)}`,
    namespace: query.namespace ?? null,
    profileName: query.profile ?? null,
    labels: Object.fromEntries((query.label ?? []).map(splitLabel)),
    since: query.since === undefined ? null : momentOf(query.since),
    until: query.until === undefined ? null : momentOf(query.until),
  };
}

function splitLabel(text: string): [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

/**
 * Flat keys as nested ones, the way the SAF CLI does it (unflattenThreshold): a later key of the same bucket replaces an earlier one, and
 * what comes after the third part of a key is lost.
 */
export function unflattenAsSaf(flat: object): Record<string, unknown> {
  const nested = Object.create(null) as Record<string, Record<string, unknown>>;
  for (const [key, value] of Object.entries(flat)) {
    const [left = '', middle, right] = key.split('.');
    const group = (nested[left] ??= Object.create(null) as Record<string, unknown>);
    if (right) {
      const bucket = Object.create(null) as Record<string, unknown>;
      bucket[right] = value;
      group[String(middle)] = bucket;
    } else {
      group[String(middle)] = value;
    }
  }
  return nested;
}

/** The value at a dotted path, as lodash `get` finds it: a key that is written with its dots comes first. Only own properties count. */
export function valueAt(document: unknown, path: string): unknown {
  let at: unknown = document;
  if (typeof at === 'object' && at !== null && Object.hasOwn(at, path)) return (at as Record<string, unknown>)[path];
  for (const part of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at;
}

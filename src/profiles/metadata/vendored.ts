import { createHash } from 'node:crypto';
import type { Fault } from '../../domain/errors.js';
import { readYaml } from './yaml-text.js';

const HOW = 'run `inspec vendor --overwrite` in the profile, then pack it again: a scan pod has no network to fetch it';

/**
 * What is wrong with the `depends` of a profile: each has to be in inspec.lock, and what the lock says has to be in vendor/ (as `inspec vendor`
 * leaves it: `vendor/<sha256 or git ref>.tar.gz`, or a folder of that name), because nothing can be fetched when the profile runs.
 */
export function dependsFaults(depends: unknown, lock: Buffer | null, files: ReadonlySet<string>): Fault[] {
  if (depends === undefined || depends === null) return [];
  if (!Array.isArray(depends)) return [{ entry: 'inspec.yml', pointer: '/depends', detail: 'must be a list' }];
  if (depends.length === 0) return [];
  const locked = lock === null ? [] : lockedOf(lock);
  if (locked === null) return [{ entry: 'inspec.lock', detail: 'is not what `inspec vendor` writes' }];
  const named = depends.flatMap((entry: unknown, at): Fault[] => {
    const pointer = `/depends/${at}`;
    const name = isRecord(entry) ? entry.name : undefined;
    if (typeof name !== 'string') return [{ entry: 'inspec.yml', pointer, detail: 'must be an object with a name' }];
    const found = locked.some((item) => item.name === name);
    return found ? [] : [{ entry: 'inspec.yml', pointer, detail: `depends on ${name}, which is not vendored: ${HOW}` }];
  });
  return [...named, ...locked.flatMap((item) => lockedFaults(item, files, 0))];
}

function lockedFaults(item: Readonly<Record<string, unknown>>, files: ReadonlySet<string>, depth: number): Fault[] {
  const name = typeof item.name === 'string' ? item.name : '(without a name)';
  if (depth > 10) return [{ entry: 'inspec.lock', detail: 'has dependencies more than 10 deep' }];
  const own = isVendored(item.resolved_source, files)
    ? []
    : [{ entry: 'inspec.lock', detail: `names ${name}, and vendor/ does not have it: ${HOW}` }];
  const inner = Array.isArray(item.dependencies) ? (item.dependencies as unknown[]) : [];
  return [...own, ...inner.filter(isRecord).flatMap((next) => lockedFaults(next, files, depth + 1))];
}

/** The auditor looks in its cache, which vendor/ is copied into, by the first of these keys. */
function isVendored(source: unknown, files: ReadonlySet<string>): boolean {
  if (!isRecord(source)) return false;
  const { sha256, ref, relative_path: below } = source;
  const keys = [sha256, ref].filter((key) => typeof key === 'string' && /^[0-9A-Za-z._-]{1,200}$/.test(key)) as string[];
  if (typeof ref === 'string' && typeof below === 'string') {
    keys.push(createHash('sha256').update(ref + below).digest('hex'));
  }
  return keys.some((key) => {
    const path = `vendor/${key}`;
    return files.has(`${path}.tar.gz`) || files.has(`${path}.zip`) || [...files].some((file) => file.startsWith(`${path}/`));
  });
}

function lockedOf(lock: Buffer): Record<string, unknown>[] | null {
  const read = readYaml(lock);
  if (!('value' in read) || !isRecord(read.value)) return null;
  // The keys of a Ruby hash may have been written as symbols.
  const depends = read.value.depends ?? [];
  return Array.isArray(depends) ? depends.filter(isRecord).map(plainKeys) : null;
}

function plainKeys(value: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => {
    const plain = Array.isArray(inner) ? inner.map((item: unknown) => (isRecord(item) ? plainKeys(item) : item)) : inner;
    return [key.replace(/^:/, ''), isRecord(plain) ? plainKeys(plain) : plain];
  });
  return Object.fromEntries(entries);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { RequestError } from '../domain/errors.js';
import { momentOf } from './query-rules.js';

/** One page of a list. `next` is the cursor of the page after it, or null on the last one. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

/** An opaque cursor out of the sort key of the last item on a page. */
export function encodeCursor(key: readonly (string | number | null)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** The sort key in a cursor, checked item by item against the kinds that the list sorts by; throws INVALID for any other text. */
export function decodeCursor(cursor: string, kinds: readonly ('string' | 'number' | 'date')[]): (string | number)[] {
  try {
    const key = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown;
    if (Array.isArray(key) && key.length === kinds.length && key.every((item, i) => isKind(item, kinds[i]))) {
      return key as (string | number)[];
    }
  } catch {
    // falls through to the refusal
  }
  throw new RequestError('INVALID', 'the cursor is not one of this list', [
    { parameter: 'cursor', detail: 'is not a cursor that this list gave out' },
  ]);
}

/** Where a list that is sorted by time, newest first, goes on. */
export interface After {
  createdAt: Date;
  id: string;
}

/** The place that the cursor of such a list names; null without a cursor. */
export function afterTime(cursor: string | undefined): After | null {
  if (cursor === undefined) return null;
  const [createdAt, id] = decodeCursor(cursor, ['date', 'string']);
  return { createdAt: new Date(String(createdAt)), id: String(id) };
}

/** The page of such a list out of at most `limit` + 1 rows: the one too many says that there is a next page. */
export function pageByTime<T extends After>(rows: readonly T[], limit: number): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next = rows.length > limit && last ? encodeCursor([last.createdAt.toISOString(), last.id]) : null;
  return { items, next };
}

/** The Link header (RFC 8288) of a page: the same request with the next cursor; undefined on the last page. */
export function nextLink(url: string, next: string | null): string | undefined {
  if (next === null) return undefined;
  const [path = '/', query = ''] = url.split('?', 2);
  const params = new URLSearchParams(query);
  params.set('cursor', next);
  return `<${path}?${params.toString()}>; rel="next"`;
}

function isKind(item: unknown, kind: 'string' | 'number' | 'date' | undefined): boolean {
  if (kind === 'date') return typeof item === 'string' && momentOf(item) !== null;
  // U+0000 cannot be sent to Postgres, and no cursor of ours holds it.
  return typeof item === kind && !(typeof item === 'string' && item.includes('\0'));
}

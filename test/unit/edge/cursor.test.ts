import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestError } from '../../../src/domain/errors.js';
import { afterTime, decodeCursor, encodeCursor, nextLink, pageByTime } from '../../../src/edge/page.js';
import { matches } from '../../../src/edge/etag.js';
import { RouteTable } from '../../../src/edge/route-table.js';
import { thresholdPointer } from '../../../src/thresholds/threshold-pointer.js';

describe('cursors', () => {
  it('come back as they went', () => {
    const date = fc
      .date({ noInvalidDate: true, min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z') })
      .map((at) => at.toISOString());
    fc.assert(
      fc.property(
        date,
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.string().filter((s) => !s.includes('\0')),
        (at, number, text) => {
          const key = [at, Object.is(number, -0) ? 0 : number, text];
          expect(decodeCursor(encodeCursor(key), ['date', 'number', 'string'])).toEqual(key);
        },
      ),
    );
  });

  it('are refused when they are anything else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.json().map((json) => Buffer.from(json).toString('base64url')),
        ),
        (text) => {
          fc.pre(text !== encodeCursor(['2026-01-01T00:00:00Z', 'x']));
          try {
            const after = afterTime(text);
            expect(after?.createdAt.getTime()).not.toBeNaN(); // only a well-formed one gets here
          } catch (error) {
            expect(error).toBeInstanceOf(RequestError);
          }
        },
      ),
    );
  });

  it('stand for the last item of a page that is not the last page', () => {
    const rows = [3, 2, 1].map((n) => ({ createdAt: new Date(n), id: `id-${n}` }));
    expect(pageByTime(rows, 3)).toEqual({ items: rows, next: null });
    const page = pageByTime(rows, 2);
    expect(page.items).toEqual(rows.slice(0, 2));
    expect(afterTime(page.next ?? '')).toEqual(rows[1]);
  });

  it('keep the rest of the query in the Link header', () => {
    expect(nextLink('/v1/scans?label=a%3Db&state=failed&state=queued&cursor=old', 'new')).toBe(
      '</v1/scans?label=a%3Db&state=failed&state=queued&cursor=new>; rel="next"',
    );
    expect(nextLink('/v1/scans', null)).toBeUndefined();
  });
});

it.each([
  [undefined, false],
  ['"a"', true],
  ['W/"a"', true],
  ['"b", "a"', true],
  ['*', true],
  ['"b"', false],
  ['a', false],
])('If-None-Match: %s', (header, expected) => {
  expect(matches(header, '"a"')).toBe(expected);
});

it('a route table knows which methods a path takes', () => {
  const table = new RouteTable();
  table.add('/v1/scans', 'POST');
  table.add('/v1/scans', ['GET', 'HEAD']);
  table.add('/v1/scans/:id', 'GET');
  table.add('/openapi.yaml', 'GET');
  expect(table.methodsOf('/v1/scans')).toEqual(['GET', 'HEAD', 'POST']);
  expect(table.methodsOf('/v1/scans/x')).toEqual(['GET']);
  expect(table.methodsOf('/v1/scans/x/y')).toEqual([]);
  expect(table.methodsOf('/openapi-yaml')).toEqual([]);
});

it.each([
  [{ failed: { high: { max: 1 } } }, 'failed.high.max', '/failed/high/max'],
  [{ 'failed.high.max': 1 }, 'failed.high.max', '/failed.high.max'],
  [{ 'failed.high': { max: 1 } }, 'failed.high.max', '/failed.high/max'],
  [{ failed: { 'high.max': 1 } }, 'failed.high.max', '/failed/high.max'],
  [{ failed: 3 }, 'failed.total', '/failed'],
  [{ failed: {} }, 'failed.high', '/failed/high'],
  [{}, '', ''],
  [{ 'a/b': 1 }, 'a/b', '/a~1b'],
])('in %j the key %s is at %s', (threshold, key, pointer) => {
  expect(thresholdPointer(threshold, key)).toBe(pointer);
});

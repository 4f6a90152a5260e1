import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repeatedNames } from '../../../src/edge/repeated-names.js';

describe('names that stand twice', () => {
  it.each([
    ['{"a":1,"a":2}', ['/a']],
    ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}', []],
    ['{"x":[0,{"y":1,"z":"y","y" \n:2}]}', ['/x/1/y']],
    ['[[1,2],{"a":[{}],"a":"{"}]', ['/1/a']],
    ['{"a":"a","b":"\\"a\\":","c":"\\\\","c":1}', ['/c']],
    ['{"\\u0061":1,"a":2}', ['/a']],
    ['{"a/b":{"~":1,"~":2}}', ['/a~1b/~0']],
    ['{"a":1,"a":2,"a":3}', ['/a', '/a']],
    ['"a"', []],
    ['{"":1,"":1}', ['/']],
  ])('%s', (json, expected) => {
    expect(() => void JSON.parse(json)).not.toThrow();
    expect(repeatedNames(json)).toEqual(expected);
  });

  it('are found in no document that was written from a value, and in every one with one more', () => {
    fc.assert(
      fc.property(fc.json(), fc.string(), fc.jsonValue(), (json, name, value) => {
        expect(repeatedNames(json)).toEqual([]);
        const pair = `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
        expect(repeatedNames(`[${json}, {${pair}, "other than it ${name.length}": ${json} , ${pair}}]`)).toHaveLength(
          1,
        );
      }),
    );
  });

  it('are told up to a bound', () => {
    expect(repeatedNames(`{${Array(100).fill('"a":1').join(',')}}`, 20)).toHaveLength(20);
  });
});

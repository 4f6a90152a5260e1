import { expect, test } from 'vitest';
import { Turns } from '../../../src/reports/turns.js';

/** Work that ends when it is told to. */
function work(name: string, log: string[]): { do: () => Promise<string>; end: () => void; fail: () => void } {
  let end = (): void => undefined;
  let fail = (): void => undefined;
  const ended = new Promise<string>((resolve, reject) => {
    end = () => resolve(name);
    fail = () => reject(new Error(name));
  });
  const run = (): Promise<string> => {
    log.push(name);
    return ended;
  };
  return { do: run, end: () => end(), fail: () => fail() };
}

test('so many at a time, the others in the order in which they came, and no more than may wait', async () => {
  const turns = new Turns(2, 2);
  const log: string[] = [];
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => work(name, log));
  if (!a || !b || !c || !d) throw new Error('four');
  const taken = [a, b, c, d].map((each) => turns.take(each.do));
  taken.forEach((each) => void each.catch(() => undefined));
  expect(await turns.take(() => Promise.resolve('e'))).toBeNull();
  expect(log).toEqual(['a', 'b']);
  b.fail();
  await expect(taken[1]).rejects.toThrow('b');
  await expect.poll(() => log).toEqual(['a', 'b', 'c']);
  a.end();
  c.end();
  expect(await Promise.all([taken[0], taken[2]])).toEqual(['a', 'c']);
  await expect.poll(() => log).toEqual(['a', 'b', 'c', 'd']);
  d.end();
  expect(await taken[3]).toBe('d');
});

test('a place is free again after all have ended', async () => {
  const turns = new Turns(1, 0);
  for (const name of ['a', 'b']) expect(await turns.take(() => Promise.resolve(name))).toBe(name);
  const held = work('c', []);
  const taken = turns.take(held.do);
  expect(await turns.take(() => Promise.resolve('d'))).toBeNull();
  held.end();
  expect(await taken).toBe('c');
  expect(await turns.take(() => Promise.resolve('e'))).toBe('e');
});

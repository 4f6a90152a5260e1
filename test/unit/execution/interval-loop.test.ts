import { describe, expect, it } from 'vitest';
import { every, onceInAWhile } from '../../../src/execution/interval-loop.js';

describe('a round that fails', () => {
  it('does not end the rounds', async () => {
    const stop = new AbortController();
    const errors: unknown[] = [];
    let rounds = 0;
    const work = () => {
      rounds += 1;
      if (rounds === 3) stop.abort();
      return Promise.reject(new Error(`round ${rounds}`));
    };
    await every(1, stop.signal, work, (error) => errors.push(String(error)));
    expect(errors).toEqual(['Error: round 1', 'Error: round 2', 'Error: round 3']);
  });

  it('is told of once, then every half minute, and at once when it fails otherwise', () => {
    let ms = 0;
    const told: string[] = [];
    const complain = onceInAWhile(
      (error) => told.push(String(error)),
      () => ms,
    );
    for (ms = 0; ms <= 60_000; ms += 1_000) complain('away');
    expect(told).toEqual(['away', 'away', 'away']);
    complain('back, and full');
    complain('away');
    expect(told).toEqual(['away', 'away', 'away', 'back, and full', 'away']);
  });
});

import type { Fault } from '../domain/errors.js';

/** A query parameter as a number; NaN for what is none, so that a rule can refuse it. */
export function numberFrom(value: unknown): number {
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
}

/** The rule for a whole number in a range. */
export function wholeNumber(min: number, max: number): (value: unknown) => Fault[] {
  return (value) => {
    const good = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
    return good ? [] : [{ detail: `must be a whole number from ${min} to ${max}` }];
  };
}

/** The rule for a text that is given once: no control characters (Postgres takes no U+0000), and not longer than `max`. */
export function oneLine(max: number): (value: unknown) => Fault[] {
  return (value) => {
    const good = typeof value === 'string' && value.length <= max && !/[\p{Cc}\p{Surrogate}]/u.test(value);
    return good ? [] : [{ detail: `must be given once, with at most ${max} characters and no control characters` }];
  };
}

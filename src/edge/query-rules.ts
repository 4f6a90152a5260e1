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

const MOMENT = /^(\d{4})-(\d{2})-(\d{2})[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;
/** Postgres has no year 0, and clients send the year 1 for "no time". */
const EARLIEST = new Date('0001-01-01T00:00:00Z');

/** The time that an RFC 3339 text names; null for another text, for a day that no calendar has (JavaScript would take the next month's), and before the year 1. */
export function momentOf(text: string): Date | null {
  const [year = NaN, month = NaN, day = NaN] = (MOMENT.exec(text) ?? []).slice(1, 4).map(Number);
  const midnight = new Date(Date.UTC(year, month - 1, day));
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return null;
  const moment = new Date(text.toUpperCase());
  return moment >= EARLIEST ? moment : null;
}

/** The rule for a time. */
export function momentFaults(value: unknown): Fault[] {
  if (typeof value === 'string' && momentOf(value) !== null) return [];
  const plus = typeof value === 'string' && / \d{2}:\d{2}$/.test(value) ? '; write "+" as %2B in a URL' : '';
  return [{ detail: `must be a time such as 2027-01-31T00:00:00Z${plus}` }];
}

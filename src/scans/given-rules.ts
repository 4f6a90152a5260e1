import type { Fault } from '../domain/errors.js';
import { pointerToken } from '../domain/json-pointer.js';

/** As many as a profile may declare. */
const INPUTS_MAX = 2_000;
const WAIVERS_MAX = 5_000;
const NAME_MAX = 200;
const CONTROL_ID_MAX = 1_000;
const JUSTIFICATION_MAX = 4_000;
const DEPTH_MAX = 16;
/** More faults of one field than these help nobody. */
const FAULTS_MAX = 50;
/** A shorter text is in many words: it could not be taken out of a report without damage to it (scanner/lib/sidescan/redaction.rb). */
export const SENSITIVE_MIN = 6;

/** What neither a name nor a key may have; U+0000 and lone surrogates could not be stored as they are. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;
const CONTROL_CHARACTER = /[\p{Cc}\p{Surrogate}]/u;
const WAIVER_FIELDS = ['justification', 'expirationDate', 'run'];

/** Inputs by name: every JSON value, within limits. */
export function inputsFaults(value: unknown): Fault[] {
  return mapFaults(value, INPUTS_MAX, 'inputs', (name, input) => {
    const wrong = nameFault(name, NAME_MAX, 'the name of an input');
    return wrong ? [wrong] : valueFaults(input, 1);
  });
}

/** Inputs whose values are secrets: as inputs, and long enough to be found in a report. */
export function sensitiveInputsFaults(value: unknown): Fault[] {
  const faults = inputsFaults(value);
  return faults.length > 0 || !isRecord(value) ? faults : shortSecretFaults(value).slice(0, FAULTS_MAX);
}

/** What a sensitive value is too short for. Booleans, null and empty texts are no secrets by themselves. */
export function shortSecretFaults(value: unknown): Fault[] {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => below(pointerToken(key), shortSecretFaults(inner)));
  }
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  // By code points, as the scanner counts.
  const length = [...text].length;
  if (length === 0 || length >= SENSITIVE_MIN) return [];
  return [
    {
      detail: `has ${length} characters; a sensitive value with fewer than ${SENSITIVE_MIN} could not be kept out of the report`,
    },
  ];
}

/** Waivers by control id. */
export function waiversFaults(value: unknown): Fault[] {
  return mapFaults(value, WAIVERS_MAX, 'waivers', (id, waiver) => {
    const wrong = nameFault(id, CONTROL_ID_MAX, 'the id of a control');
    return wrong ? [wrong] : waiverFaults(waiver);
  });
}

function waiverFaults(value: unknown): Fault[] {
  if (!isRecord(value)) return [{ detail: 'must be an object with a justification' }];
  const { justification, expirationDate, run } = value;
  const faults = Object.keys(value)
    .filter((name) => !WAIVER_FIELDS.includes(name))
    .map((name): Fault => ({
      pointer: `/${pointerToken(name)}`,
      detail: `is not a field of a waiver; those are ${WAIVER_FIELDS.join(', ')}`,
    }));
  const say = (name: string, detail: string) => faults.push({ pointer: `/${name}`, detail });
  if (typeof justification !== 'string' || justification.trim() === '') say('justification', 'must say why, in words');
  else if (justification.length > JUSTIFICATION_MAX)
    say('justification', `must have at most ${JUSTIFICATION_MAX} characters; it has ${justification.length}`);
  else if (UNSTORABLE.test(justification)) say('justification', 'must not have U+0000 or half a character');
  if (expirationDate !== undefined && expirationDate !== null && !isCalendarDate(expirationDate))
    say('expirationDate', 'must be a date of the calendar, YYYY-MM-DD, from 1970 on');
  if (run !== undefined && run !== null && typeof run !== 'boolean') say('run', 'must be true or false');
  return faults;
}

/** True for YYYY-MM-DD that exists. */
function isCalendarDate(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value) || value < '1970') return false;
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}

function valueFaults(value: unknown, depth: number): Fault[] {
  if (typeof value === 'string') {
    return UNSTORABLE.test(value) ? [{ detail: 'must not have U+0000 or half a character' }] : [];
  }
  if (typeof value === 'number') {
    // Beyond these JavaScript rounds: the profile would get another number than the caller wrote.
    const exact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
    return exact ? [] : [{ detail: 'is a number too large to be kept as it is; give it as a text' }];
  }
  if (typeof value !== 'object' || value === null) return [];
  if (depth > DEPTH_MAX) return [{ detail: `must have at most ${DEPTH_MAX} levels of lists and objects` }];
  return Object.entries(value).flatMap(([key, inner]) => {
    const wrong = UNSTORABLE.test(key) || key === '__proto__';
    const faults = wrong ? [{ detail: 'has a key that cannot be kept' }] : valueFaults(inner, depth + 1);
    return below(pointerToken(key), faults);
  });
}

function nameFault(name: string, max: number, what: string): Fault | null {
  const good = name.trim() !== '' && name.length <= max && !CONTROL_CHARACTER.test(name) && name !== '__proto__';
  return good ? null : { detail: `is not ${what}: 1 to ${max} characters without control characters` };
}

function mapFaults(
  value: unknown,
  max: number,
  what: string,
  faultsOf: (name: string, inner: unknown) => Fault[],
): Fault[] {
  if (!isRecord(value)) return [{ detail: 'must be an object' }];
  const entries = Object.entries(value);
  if (entries.length > max) return [{ detail: `must have at most ${max} ${what}; it has ${entries.length}` }];
  return entries.flatMap(([name, inner]) => below(pointerToken(name), faultsOf(name, inner))).slice(0, FAULTS_MAX);
}

function below(token: string, faults: Fault[]): Fault[] {
  return faults.map(({ pointer = '', detail }) => ({ pointer: `/${token}${pointer}`, detail }));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

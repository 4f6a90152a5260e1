import type { Fault } from '../domain/errors.js';
import { pointerToken } from '../domain/json-pointer.js';
import { isRecord } from '../results/fields.js';

/** The longest name of a threshold. */
export const THRESHOLD_NAME_MAX = 63;
/** No name holds a colon, a space or a brace, and every threshold written as text holds one: a text is one or the other. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** What a name must look like, for messages. */
export const THRESHOLD_NAME_RULE = `must have letters, digits, "-", "_" and ".", begin and end with a letter or digit, at most ${THRESHOLD_NAME_MAX}`;

/** A threshold in a request: one that is stored under a name, or the bounds themselves (object or text); null without any. */
export type ThresholdChoice =
  | { kind: 'none' }
  | { kind: 'named'; name: string }
  | { kind: 'own'; definition: object | string }
  | { kind: 'wrong'; faults: Fault[] };

export function isThresholdName(text: string): boolean {
  return NAME.test(text);
}

/** Tells a name from bounds: `"production"` and `{"name": "production"}` are names. Faults point below `/threshold`. */
export function thresholdChoice(given: unknown): ThresholdChoice {
  if (given === null || given === undefined) return { kind: 'none' };
  if (typeof given === 'string')
    return isThresholdName(given) ? { kind: 'named', name: given } : { kind: 'own', definition: given };
  if (!isRecord(given)) return { kind: 'wrong', faults: [] }; // told by its type
  if (!Object.hasOwn(given, 'name')) return { kind: 'own', definition: given };
  const { name, ...others } = given;
  const faults = Object.keys(others).map((key) => ({
    pointer: `/threshold/${pointerToken(key)}`,
    detail: 'cannot stand beside name: a threshold is named, or its bounds are given',
  }));
  if (typeof name !== 'string' || !isThresholdName(name))
    faults.push({ pointer: '/threshold/name', detail: THRESHOLD_NAME_RULE });
  return typeof name === 'string' && faults.length === 0 ? { kind: 'named', name } : { kind: 'wrong', faults };
}

/** The rule for a threshold in a body. */
export function objectOrTextFaults(value: unknown): Fault[] {
  return typeof value === 'string' || isRecord(value) ? [] : [{ detail: 'must be an object or a string' }];
}

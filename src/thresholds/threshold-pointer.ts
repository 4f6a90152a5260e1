import type { Fault } from '../domain/errors.js';
import { pointerToken } from '../domain/json-pointer.js';
import type { ThresholdError } from './threshold.error.js';

/** What is wrong with a threshold that stands in a body as `/threshold`: with the pointer of each key, or the key itself where it is text. */
export function thresholdFaults(threshold: unknown, { faults }: ThresholdError): Fault[] {
  return faults.map(({ key, detail }) => {
    if (typeof threshold === 'object' && threshold !== null)
      return { pointer: `/threshold${thresholdPointer(threshold, key)}`, detail };
    return { pointer: '/threshold', detail: key === '' ? detail : `${key}: ${detail}` };
  });
}

/** The pointer of a threshold's key such as `failed.high.max`, which may be written nested, flat, or in a mixture. */
export function thresholdPointer(threshold: object, key: string): string {
  if (key === '') return '';
  const record = threshold as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(record, key)) return `/${pointerToken(key)}`;
  const parts = key.split('.');
  for (let length = parts.length - 1; length > 0; length--) {
    const head = parts.slice(0, length).join('.');
    const inner = Object.hasOwn(record, head) ? record[head] : undefined;
    if (typeof inner === 'object' && inner !== null) {
      return `/${pointerToken(head)}${thresholdPointer(inner, parts.slice(length).join('.'))}`;
    }
    if (inner !== undefined) return `/${pointerToken(head)}`;
  }
  return parts.map((part) => `/${pointerToken(part)}`).join('');
}

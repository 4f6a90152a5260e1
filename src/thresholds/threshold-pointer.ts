import { pointerToken } from '../domain/json-pointer.js';

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

import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford base32, lower case: fits a Kubernetes name

export const ID_PREFIXES = {
  scan: 'scan',
  profile: 'prof',
  target: 'tgt',
  key: 'key',
  project: 'proj',
  threshold: 'thr',
} as const;
export type IdKind = keyof typeof ID_PREFIXES;

/** A new id such as `scan_01jd…`: 48 bits of time in milliseconds, then 80 random bits, so ids sort by creation. */
export function newId(kind: IdKind, now: number = Date.now()): string {
  let time = '';
  for (let left = now, i = 0; i < 10; i++, left = Math.floor(left / 32)) time = ALPHABET.charAt(left % 32) + time;
  const random = Array.from(randomBytes(16), (byte) => ALPHABET.charAt(byte % 32)).join('');
  return `${ID_PREFIXES[kind]}_${time}${random}`;
}

/** True if the text has the form of an id of that kind; anything else cannot exist and is answered 404. */
export function isId(kind: IdKind, text: string): boolean {
  return new RegExp(`^${ID_PREFIXES[kind]}_[0-9a-hjkmnp-tv-z]{26}$`).test(text);
}

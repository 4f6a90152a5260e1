import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { isId, newId } from '../domain/ids.js';

const FORM = /^sk_([0-9a-z]{26})_([0-9a-f]{64})([0-9a-f]{8})$/;

/**
 * A new key: `sk_<public id>_<64 hex digits of 32 random bytes><8 hex digits of a checksum>`. The public id is the row's id without its
 * prefix, so a key found in a log or a repository can be named and revoked; the checksum tells a typo from a revoked key without a query.
 */
export function newApiKey(): { id: string; text: string } {
  const id = newId('key');
  const body = `sk_${id.slice('key_'.length)}_${randomBytes(32).toString('hex')}`;
  return { id, text: body + checksum(body) };
}

/** The id of the row that a key belongs to, or null if the text is no key of this form. */
export function idOfApiKey(text: string): string | null {
  const match = FORM.exec(text);
  if (match === null || checksum(text.slice(0, -8)) !== match[3]) return null;
  const id = `key_${match[1]}`;
  return isId('key', id) ? id : null;
}

/** SHA-256 in hex. A key has 256 random bits, so a slow password hash would add nothing. */
export function hashApiKey(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Compares two hashes in constant time. */
export function sameHash(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function checksum(body: string): string {
  return crc32(body).toString(16).padStart(8, '0');
}

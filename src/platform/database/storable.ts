import { Prisma } from './generated/client.js';

/** Postgres refuses U+0000 in text and jsonb, and lone surrogates in jsonb: one such byte in a log must not lose a result. */
const REFUSED = /\0|\p{Surrogate}/gu;

/** The text as Postgres can keep it: characters that it refuses become U+FFFD. */
export function storableText(text: string): string {
  return text.replace(REFUSED, '\uFFFD');
}

/** The value as jsonb can keep it: strings and keys by `storableText`, what JSON has not (undefined, functions) left out. */
export function storableJson(value: unknown): Prisma.InputJsonValue {
  const plain = JSON.parse(JSON.stringify(value) ?? 'null') as unknown;
  return clean(plain) as Prisma.InputJsonValue;
}

/** The same, and SQL NULL for null and undefined (Prisma would write the JSON value `null`). */
export function storableOrNull(value: unknown): Prisma.InputJsonValue | typeof Prisma.DbNull {
  return value === null || value === undefined ? Prisma.DbNull : storableJson(value);
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storableText(key), clean(inner)]));
}

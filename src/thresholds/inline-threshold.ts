import { ThresholdError, type ThresholdFault } from './threshold.error.js';

/** Braces around a dotted key, such as `{compliance.min: 80}, {failed.total.max: 2}`: what people put on a command line. */
const INLINE = /^\s*["']?\{\s*["']?[a-z_]+\.[a-z_.]+["']?\s*:/i;
const PAIR = /^(?<key>[^:]+?)\s*:\s*(?<value>.*)$/s;
const NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** True if text of an unknown grammar is the inline one. */
export function looksInline(text: string): boolean {
  return INLINE.test(text);
}

/** Reads `{a.b: 1, c.d: 2}` or `{a.b: 1}, {c.d: 2}`, braces and quotes optional, into an object of flat keys; throws `ThresholdError`. */
export function readInline(text: string): Record<string, unknown> {
  const flat = Object.create(null) as Record<string, unknown>;
  const faults: ThresholdFault[] = [];
  for (const piece of unquote(text.trim()).split(',')) {
    const bare = piece.trim().replace(/^\{/, '').replace(/\}$/, '').trim();
    const { key, value } = PAIR.exec(bare)?.groups ?? {};
    if (key === undefined || value === undefined) {
      faults.push({ key: '', detail: `${JSON.stringify(piece.trim())} is not "key: number"` });
      continue;
    }
    const name = unquote(key.trim());
    if (Object.hasOwn(flat, name)) faults.push({ key: name, detail: 'stands twice' });
    flat[name] = NUMBER.test(value.trim()) ? Number(value.trim()) : value.trim();
  }
  if (faults.length > 0) throw new ThresholdError(faults);
  return flat;
}

/** Reads the inline grammar as the SAF CLI does with `-I`: cut at commas and colons, what is no integer becomes NaN. */
export function readSafInline(text: string): Record<string, number> {
  const flat = Object.create(null) as Record<string, number>;
  for (const piece of text.split(',')) {
    const [key = '', value = ''] = piece.trim().replace('{', '').replace('}', '').split(':');
    flat[key] = Number.parseInt(value, 10);
  }
  return flat;
}

function unquote(text: string): string {
  return /^(["']).*\1$/s.test(text) ? text.slice(1, -1).trim() : text;
}

import type { ProfileControlText } from '../profiles/profile-text.js';

/** What the auditor read in a profile, and what it found wrong with it, as lines for a person. */
export interface ProfileDocument {
  controls: ProfileControlText[];
  /** With any of these the profile cannot be run as it is. */
  errors: string[];
  warnings: string[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads the document of `describe` (docs/scan-pod.md); one of another form gives the reason in words. */
export function parseProfileDocument(bytes: Uint8Array): ProfileDocument | string {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    return `it is not JSON: ${(error as Error).message}`;
  }
  try {
    return documentOf(fields(value, 'it'));
  } catch (error) {
    if (error instanceof Misshapen) return error.message;
    throw error;
  }
}

class Misshapen extends Error {}

function documentOf(d: Fields): ProfileDocument {
  if (d.v !== 1) throw new Misshapen(`its version is ${JSON.stringify(d.v)}, not 1`);
  const problems = list(d.problems, 'problems').map((one, i) => problemOf(fields(one, `problems[${i}]`), i));
  const of = (level: string) => problems.filter((one) => one.level === level).map((one) => one.line);
  const controls = list(d.controls, 'controls').map((one, i) => controlOf(fields(one, `controls[${i}]`), i));
  return { controls, errors: of('error'), warnings: of('warning') };
}

function controlOf(c: Fields, i: number): ProfileControlText {
  const at = (name: string) => `controls[${i}].${name}`;
  const { impact } = c;
  if (typeof impact !== 'number' || !(impact >= 0 && impact <= 1))
    throw new Misshapen(`${at('impact')} is not between 0 and 1`);
  return {
    controlId: text(c.id, at('id')),
    title: textOrNull(c.title, at('title')),
    desc: textOrNull(c.desc, at('desc')),
    impact,
    tags: fields(c.tags, at('tags')),
    refs: list(c.refs, at('refs')),
    code: text(c.code, at('code')),
  };
}

function problemOf(p: Fields, i: number): { level: 'error' | 'warning'; line: string } {
  const { level } = p;
  if (level !== 'error' && level !== 'warning')
    throw new Misshapen(`problems[${i}].level is neither error nor warning`);
  const file = textOrNull(p.file, `problems[${i}].file`);
  const line = typeof p.line === 'number' ? `:${p.line}` : '';
  const message = text(p.message, `problems[${i}].message`);
  return { level, line: file === null ? message : `${file}${line}: ${message}` };
}

function fields(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Misshapen(`${name} is not an object`);
  return value as Fields;
}

function list(value: unknown, name: string): unknown[] {
  if (!Array.isArray(value)) throw new Misshapen(`${name} is not a list`);
  return value as unknown[];
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new Misshapen(`${name} is not a text`);
  return value;
}

function textOrNull(value: unknown, name: string): string | null {
  return value === null || value === undefined ? null : text(value, name);
}

import { parse } from 'yaml';
import type { EvaluationMode } from '../results/evaluation.js';
import { isRecord } from '../results/fields.js';
import { looksInline, readInline, readSafInline } from './inline-threshold.js';
import { readStrict } from './strict-threshold.js';
import { unflattenAsSaf } from './saf-threshold.js';
import { ThresholdError } from './threshold.error.js';
import type { Threshold } from './threshold.js';

export { ThresholdError } from './threshold.error.js';

/** The longest text of a threshold, in characters. */
export const MAX_THRESHOLD_LENGTH = 64 * 1024;

/** How deep brackets may nest in a text: bounds need two levels, and the reader's time grows with the cube of the depth (500 take half a minute). */
export const MAX_THRESHOLD_DEPTH = 32;

/** `file`: YAML or JSON, nested or flat keys. `inline`: the grammar of `saf validate threshold -I`. `any`: by how the text looks. */
export type ThresholdGrammar = 'any' | 'file' | 'inline';

/** Reads a threshold from text or from an already parsed object; throws `ThresholdError` with every fault at once. */
export function parseThreshold(input: unknown, mode: EvaluationMode, grammar: ThresholdGrammar = 'any'): Threshold {
  if (typeof input !== 'string') return fromDocument(input, mode);
  if (input.length > MAX_THRESHOLD_LENGTH)
    throw fault(`the threshold has ${input.length} characters; the limit is ${MAX_THRESHOLD_LENGTH}`);
  if (input.trim() === '') throw fault('the threshold is empty');
  const text = input.startsWith('\uFEFF') ? input.slice(1) : input;
  refuseDeep(text);
  const isInline = grammar === 'inline' || (grammar === 'any' && looksInline(text));
  if (!isInline) return fromDocument(readYaml(text), mode);
  return mode === 'saf' ? { mode, document: unflattenAsSaf(readSafInline(text)) } : readStrict(flatOf(text, grammar));
}

/** One pair of braces is YAML as well, and YAML knows lists; several pairs are not. */
function flatOf(text: string, grammar: ThresholdGrammar): Record<string, unknown> {
  if (grammar === 'inline') return readInline(text);
  try {
    const document: unknown = parse(text, { logLevel: 'error' });
    return isRecord(document) ? document : readInline(text);
  } catch {
    return readInline(text);
  }
}

function fromDocument(document: unknown, mode: EvaluationMode): Threshold {
  if (document === null || document === undefined) throw fault('the threshold is empty');
  if (mode === 'strict') return readStrict(document);
  const isFlat = Object.values(document).every((value) => typeof value === 'number');
  return { mode, document: isFlat ? unflattenAsSaf(document) : document };
}

function readYaml(text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' }) as unknown;
  } catch (error) {
    throw fault(`the threshold is neither YAML nor JSON: ${(error as Error).message.split('\n')[0] ?? ''}`);
  }
}

/** Brackets in quotes and comments count as well: that many open ones stand in no text that anybody writes. */
function refuseDeep(text: string): void {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[{}\]]/g)) {
    depth = Math.max(0, depth + (bracket === '[' || bracket === '{' ? 1 : -1));
    if (depth > MAX_THRESHOLD_DEPTH) throw fault(`the threshold nests deeper than ${MAX_THRESHOLD_DEPTH} brackets`);
  }
}

function fault(detail: string): ThresholdError {
  return new ThresholdError([{ key: '', detail }]);
}

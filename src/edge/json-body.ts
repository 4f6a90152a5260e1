import { invalid } from './check.pipe.js';
import { repeatedNames } from './repeated-names.js';

/** Deeper documents are refused before any recursive reader meets them: a few kilobytes of "[" would overflow its stack. */
export const MAX_DEPTH = 100;

/** A body that is not JSON, or is nested too deep; Fastify answers 400. */
export class JsonBodyError extends Error {
  readonly statusCode = 400;
  override readonly name = 'FastifyError'; // Nest maps errors of that name to HTTP
}

/** Reads a JSON body; an empty one is undefined. Throws JsonBodyError with the parser's own words, and INVALID where a name stands twice in an object. */
export function readJsonBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    value = JSON.parse(text);
  } catch (error) {
    throw new JsonBodyError(error instanceof Error ? `the body is not JSON: ${error.message}` : 'the body is not JSON');
  }
  if (isDeeperThan(value, MAX_DEPTH)) throw new JsonBodyError(`the body is nested deeper than ${MAX_DEPTH} levels`);
  const twice = repeatedNames(text);
  if (twice.length > 0) throw invalid(twice.map((pointer) => ({ pointer, detail: 'is given twice' })));
  return value;
}

function isDeeperThan(value: unknown, max: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > max) return true;
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      for (const inner of Object.values(item)) if (typeof inner === 'object' && inner !== null) next.push(inner);
    }
    level = next;
  }
  return false;
}

import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from './usage.js';

/** The word of an option that knows only some. */
export function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((word) => word === value);
  if (found === undefined) throw new UsageError(`${option} is one of ${known.join(', ')}; "${value}" is not`);
  return found;
}

/** What Node's own parser reads; throws `UsageError`, for an option that there is not with the one that may have been meant. */
export function parsed<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const [, option] = /^Unknown option '([^']*)'/.exec(message) ?? [];
    if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION' || option === undefined) throw new UsageError(message);
    const meant = nearest(option, Object.keys(config.options ?? {}));
    throw new UsageError(`there is no option ${option}${meant === null ? '' : `; is it --${meant}?`}`);
  }
}

/** The name that is at most two letters away, or that the word begins or ends; null if there is none. */
function nearest(option: string, names: readonly string[]): string | null {
  const word = option.replace(/^-+/, '');
  if (word.length < 2) return null;
  const distances = names.map((name) => ({ name, away: distance(word, name) }));
  const best = distances.reduce((a, b) => (b.away < a.away ? b : a), { name: '', away: Infinity });
  if (best.away <= 2 && best.away < word.length) return best.name;
  return names.find((name) => name.startsWith(word) || name.endsWith(`-${word}`)) ?? null;
}

/** How many letters are to be put in, taken out or changed (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const changed = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}

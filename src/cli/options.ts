import { UsageError } from './usage.js';

/** The word of an option that knows only some. */
export function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((word) => word === value);
  if (found === undefined) throw new UsageError(`${option} is one of ${known.join(', ')}; "${value}" is not`);
  return found;
}

/** What Node's own parser reads. Its messages are good; only their kind is changed. */
export function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

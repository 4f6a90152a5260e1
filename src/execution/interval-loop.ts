import { setTimeout as sleep } from 'node:timers/promises';

/** Does a thing every `ms`, never twice at once, until `signal`; what it throws is handed to `onError` and the loop goes on. */
export async function every(
  ms: number,
  signal: AbortSignal,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      onError(error);
    }
    await sleep(ms * (0.9 + Math.random() / 5), undefined, { signal }).catch(() => undefined);
  }
}

/** The same error is told again only so much later: a database that is away for an hour fills no log. In milliseconds. */
const SAME_AGAIN_MS = 30_000;

/** Hands on what is thrown, but the same again only after a while. */
export function onceInAWhile(
  tell: (error: unknown) => void,
  now: () => number = () => performance.now(),
): (error: unknown) => void {
  let last = { words: '', at: -Infinity };
  return (error) => {
    const words = String(error);
    if (words === last.words && now() - last.at < SAME_AGAIN_MS) return;
    last = { words, at: now() };
    tell(error);
  };
}

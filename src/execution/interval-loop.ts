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

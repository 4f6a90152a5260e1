import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until the condition holds; fails with what was waited for after `seconds`. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  seconds = 20,
): Promise<void> {
  const until = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > until) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(20);
  }
}

import { performance } from 'node:perf_hooks';
import { clearTimeout } from 'node:timers';
import { styleText } from 'node:util';

/** A failure that a person can act on: its message is shown without a stack. */
export class SetupError extends Error {}

const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (style, text) => (colour ? styleText(style, text) : text);

/** Seconds since `start` (performance.now()), such as `0.4 s`. */
export function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

function line(mark, name, text, time) {
  console.log(`${mark} ${name.padEnd(14)} ${text.padEnd(78)} ${time.padStart(7)}`);
}

/**
 * Runs one step of a set-up and prints one line when it ends: its name, what came of it, how long it took.
 * `work` gets a function that tells what is being done, which is shown if it takes longer than a second; it returns
 * `{text, …}`, and the whole of that is returned.
 */
export async function step(name, work) {
  const start = performance.now();
  const timers = [];
  const busy = (text) => {
    const show = () => console.log(`  ${paint('dim', `${name.padEnd(14)} ${text} …`)}`);
    timers.push(setTimeout(show, 1000));
  };
  try {
    const result = await work(busy);
    line(paint('green', '✓'), name, result.text, seconds(start));
    return result;
  } catch (error) {
    line(paint('red', '✗'), name, 'failed', seconds(start));
    throw error;
  } finally {
    timers.forEach((timer) => clearTimeout(timer));
  }
}

/** Prints a failure as a person needs it, and sets the exit code. */
export function fail(error) {
  console.error(`\n${error instanceof SetupError ? error.message : (error?.stack ?? error)}`);
  process.exitCode = 1;
}

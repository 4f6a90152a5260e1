import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

const running = new Set();
let ending = false;

/** Ctrl-C and SIGTERM end the suite that runs; its starter then stops the services and exits with a failure. */
export function endOnSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      ending = true;
      for (const child of running) child.kill('SIGTERM');
    });
  }
}

/** Runs projects of vitest; returns `{name, passed, failed}`. A file that cannot be loaded and an unhandled error count as failed. */
export async function runVitest(projects, args, env, outputDir) {
  const name = `vitest ${projects.join(' ')}`;
  const file = join(outputDir, `${projects.join('-')}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const selected = projects.map((project) => `--project=${project}`);
  const { code } = await show('node', [vitest, 'run', ...selected, ...reporters, ...args], env);
  if (!existsSync(file)) return { name, passed: 0, failed: 1 };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const unloaded = report.testResults.filter((f) => f.status === 'failed' && f.assertionResults.length === 0).length;
  return outcome(name, code, report.numPassedTests, report.numFailedTests + unloaded);
}

/**
 * Runs a suite that is a program of its own; returns `{name, passed, failed}` from the counts that it prints last, as
 * `N passed, N failed` or as minitest does. One that prints none has failed.
 */
export async function runSuite(program, args = []) {
  if (!existsSync(join(ROOT, program))) throw new Error(`${program} does not exist`);
  console.log(`\n${program}`);
  const { code, output } = await show(join(ROOT, program), args, {});
  const plain = [...output.matchAll(/(\d+) passed, (\d+) failed/g)].at(-1);
  if (plain) return outcome(program, code, Number(plain[1]), Number(plain[2]));
  const minitest = [...output.matchAll(/(\d+) runs, \d+ assertions, (\d+) failures, (\d+) errors, (\d+) skips/g)];
  if (minitest.length === 0) return { name: program, passed: 0, failed: 1 };
  const sum = (index) => minitest.reduce((total, match) => total + Number(match[index]), 0);
  const failed = sum(2) + sum(3);
  return outcome(program, code, sum(1) - failed - sum(4), failed);
}

// An exit code that says "failed" without a failed test is a failure all the same.
function outcome(name, code, passed, failed) {
  return { name, passed, failed: failed === 0 && (code !== 0 || passed === 0) ? 1 : failed };
}

/** Prints what each suite came to and, as the last line, `N passed, N failed`; returns the exit code. */
export function printTotals(results) {
  console.log('');
  for (const { name, passed, failed } of results) console.log(`${name}: ${passed} passed, ${failed} failed`);
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') === 0 ? 0 : 1;
}

function show(program, args, env) {
  return new Promise((resolve) => {
    if (ending) return resolve({ code: 1, output: '' });
    const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...colour, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        output = (output + data).slice(-100_000);
        process.stdout.write(data);
      });
    }
    child.on('error', (error) => console.error(`${program} cannot be run: ${error.message}`));
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code: code ?? 1, output });
    });
  });
}

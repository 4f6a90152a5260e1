// npm run check: format, lint, types, openapi.yaml, Ruby syntax. Goes through all of them, and fails if one fails.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needPackages } from './setup/debian.mjs';
import { dependencies } from './setup/dependencies.mjs';
import { ROOT } from './setup/paths.mjs';
import { onPath, run } from './setup/processes.mjs';
import { fail, step } from './setup/steps.mjs';
import { printTotals } from './setup/suites.mjs';

const bin = (name) => join(ROOT, 'node_modules', name);
const RUBY_FOLDERS = ['scanner', 'profiles'];

const CHECKS = {
  format: () => quietly('node', [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']),
  lint: () => quietly('node', [bin('eslint/bin/eslint.js'), '--max-warnings', '0', '.']),
  types: () => quietly('node', [bin('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.json']),
  openapi: () => quietly('node', [join(ROOT, 'scripts/openapi.mjs'), '--check']),
  ruby: checkRuby,
};

async function quietly(program, args) {
  await run(program, args);
  return 'ok';
}

async function checkRuby(busy) {
  if (!onPath('ruby')) await needPackages(['ruby'], 'The check of the Ruby files', busy);
  const files = RUBY_FOLDERS.flatMap((folder) => rubyFiles(join(ROOT, folder)));
  // One process for all: `ruby -wc` takes one file at a time. Warnings go to standard error and count as failures.
  const script =
    'ok = ARGV.map { |f| [f, IO.popen(["ruby", "-wc", f, err: %i[child out]], &:read)] }.reject { |_, out| out == "Syntax OK\\n" }; ok.each { |f, out| puts f, out }; exit ok.empty?';
  await run('ruby', ['-e', script, ...files]);
  return `${files.length} files`;
}

function rubyFiles(dir) {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && isRuby(join(entry.parentPath, entry.name)))
    .map((entry) => join(entry.parentPath, entry.name));
}

function isRuby(path) {
  if (/\.rb$/.test(path)) return true;
  return (
    !/\.[a-z]+$/.test(path) &&
    readFileSync(path).subarray(0, 64).toString().startsWith('#!/') &&
    /^#!.*\bruby/.test(readFileSync(path, 'utf8'))
  );
}

async function main() {
  await step('dependencies', dependencies);
  let failed = 0;
  for (const [name, check] of Object.entries(CHECKS)) {
    await step(name, async (busy) => ({ text: await check(busy) })).catch((error) => {
      fail(error);
      failed += 1;
    });
  }
  return printTotals([{ name: 'checks', passed: Object.keys(CHECKS).length - failed, failed }]);
}

process.exitCode = await main().catch((error) => {
  fail(error);
  return printTotals([{ name: 'set-up', passed: 0, failed: 1 }]);
});

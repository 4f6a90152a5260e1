// npm run check: format, lint, types, openapi.yaml, Ruby syntax. Goes through all of them, and fails if one fails.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needPackages } from './setup/debian.mjs';
import { dependencies } from './setup/dependencies.mjs';
import { ROOT } from './setup/paths.mjs';
import { onPath, run } from './setup/processes.mjs';
import { fail, step } from './setup/steps.mjs';

const bin = (name) => join(ROOT, 'node_modules', name);
const RUBY_FOLDERS = ['scanner', 'profiles'];

const CHECKS = {
  format: () => run('node', [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']),
  lint: () => run('node', [bin('eslint/bin/eslint.js'), '--max-warnings', '0', '.']),
  types: () => run('node', [bin('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.json']),
  openapi: () => run('node', [join(ROOT, 'scripts/openapi.mjs'), '--check']),
  ruby: checkRuby,
};

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

let failed = 0;
try {
  await step('dependencies', dependencies);
  for (const [name, check] of Object.entries(CHECKS)) {
    await step(name, async (busy) => {
      const text = await check(busy);
      return { text: name === 'ruby' ? text : 'ok' };
    }).catch((error) => {
      fail(error);
      failed += 1;
    });
  }
} catch (error) {
  fail(error);
}
if (failed > 0) console.error(`\n${failed} of ${Object.keys(CHECKS).length} checks failed`);

// npm test [-- VITEST ARGUMENTS]: all that needs no cluster. With arguments (a filter) only vitest runs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needPackages } from './setup/debian.mjs';
import { dependencies } from './setup/dependencies.mjs';
import { scannerImage, testImages } from './setup/images.mjs';
import { preparePodman } from './setup/podman.mjs';
import { fail, step } from './setup/steps.mjs';
import { endOnSignals, printTotals, runSuite, runVitest } from './setup/suites.mjs';
import { startTestServices } from './setup/test-services.mjs';

const PROJECTS = ['unit', 'contract', 'integration'];
const SCANNER_SUITES = ['scanner/test/run', 'scanner/test-hold/run'];
const SCANNER_TOOLS = ['ruby', 'ruby-dev', 'ruby-bundler', 'gcc', 'libc6-dev', 'make', 'util-linux'];

async function main(filter) {
  const output = mkdtempSync(join(tmpdir(), 'sidescan-results-'));
  let services = null;
  try {
    await step('dependencies', dependencies);
    const podman = await step('podman', preparePodman);
    Object.assign(process.env, podman.env);
    await step('scanner image', scannerImage);
    await step('test images', testImages);
    if (filter.length === 0) await step('scanner tools', scannerTools);
    services = await startTestServices();
    console.log('');
    const results = [await runVitest(PROJECTS, filter, services.env, output)];
    if (filter.length === 0) for (const suite of SCANNER_SUITES) results.push(await runSuite(suite));
    return printTotals(results);
  } finally {
    await services?.stop();
    rmSync(output, { recursive: true, force: true });
  }
}

async function scannerTools(busy) {
  const installed = await needPackages(SCANNER_TOOLS, "The scanner's own tests", busy);
  return { text: installed.length > 0 ? `installed ${installed.join(' ')}` : 'there' };
}

endOnSignals();
process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  fail(error);
  return printTotals([{ name: 'set-up', passed: 0, failed: 1 }]);
});

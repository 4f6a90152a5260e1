// npm run test:truth [-- --table]: the auditor inside a Debian container against the scanner beside it, value by value; then the same controls on a
// distroless root, against the answers that its recipe makes; then what differs between distributions. --table writes what the run shows to docs/coverage.md.
import { needPackages } from './setup/debian.mjs';
import { dependencies } from './setup/dependencies.mjs';
import { scannerImage } from './setup/images.mjs';
import { preparePodman } from './setup/podman.mjs';
import { fail, step } from './setup/steps.mjs';
import { endOnSignals, printTotals, runSuite } from './setup/suites.mjs';

async function main(args) {
  await step('dependencies', dependencies);
  const podman = await step('podman', preparePodman);
  Object.assign(process.env, podman.env);
  await step('tools', tools);
  await step('scanner image', scannerImage);
  return printTotals([await runSuite('scanner/test/truth/run', args)]);
}

async function tools(busy) {
  const installed = await needPackages(['ruby', 'gcc', 'libc6-dev', 'rpm', 'db5.3-util'], 'The comparison', busy);
  return { text: installed.length > 0 ? `installed ${installed.join(' ')}` : 'there' };
}

endOnSignals();
process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  fail(error);
  return printTotals([{ name: 'set-up', passed: 0, failed: 1 }]);
});

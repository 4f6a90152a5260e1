// npm run test:e2e [-- VITEST ARGUMENTS]: the tests that need a real cluster, by KUBECONFIG. Images get there by
// E2E_LOAD_IMAGE (a command, called with NAME:TAG and an OCI archive) or E2E_REGISTRY (a prefix to push to); a cluster of
// kind, minikube or one node on this machine needs neither.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail } from './setup/steps.mjs';
import { endOnSignals, printTotals, runVitest } from './setup/suites.mjs';
import { prepareTestCluster } from './setup/test-cluster.mjs';
import { startTestServices } from './setup/test-services.mjs';

async function main(filter) {
  const output = mkdtempSync(join(tmpdir(), 'sidescan-results-'));
  let services = null;
  try {
    const env = await prepareTestCluster();
    services = await startTestServices();
    console.log('');
    return printTotals([await runVitest(['e2e'], filter, { ...env, ...services.env }, output)]);
  } finally {
    await services?.stop();
    rmSync(output, { recursive: true, force: true });
  }
}

endOnSignals();
process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  fail(error);
  return printTotals([{ name: 'set-up', passed: 0, failed: 1 }]);
});

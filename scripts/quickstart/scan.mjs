import { join, relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { DATA } from '../setup/paths.mjs';
import { seconds, SetupError } from '../setup/steps.mjs';

const ENDS = ['completed', 'failed', 'canceled'];
/** What a pipeline would ask for: nothing grave, and nothing that could not be looked at. */
const THRESHOLD = { failed: { critical: { max: 0 }, high: { max: 0 } }, error: { total: { max: 0 } } };

/** Talks to the API as any client does. */
export function client(url, key) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return async (method, path, body) => {
    const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new SetupError(`${method} ${path} was answered with ${answer.status}:\n${text}`);
    return JSON.parse(text);
  };
}

/** Submits a scan of the image, prints every change of its state, and returns it as it ended. */
export async function scanImage(call, image, stopped) {
  const start = performance.now();
  const body = {
    target: { image },
    profile: { name: 'container-baseline' },
    threshold: THRESHOLD,
    labels: { from: 'quickstart' },
  };
  let scan = await call('POST', '/v1/scans', body);
  console.log(`\nScanning ${image} with container-baseline: ${scan.id}`);
  for (let shown = ''; ; scan = await call('GET', `/v1/scans/${scan.id}`)) {
    if (scan.state !== shown) console.log(`  ${seconds(start).padStart(7)}  ${(shown = scan.state)}`);
    if (ENDS.includes(scan.state) || stopped()) return scan;
    await sleep(150);
  }
}

/** Prints what came of the scan: counts, verdict and breaches, and the controls that failed; or why there is no report. */
export async function printResult(call, scan) {
  if (scan.state !== 'completed') return printFailure(call, scan);
  const { summary } = scan;
  const count = (status) => `${summary[status].total} ${status.replace('_', ' ')}`;
  const counts = ['passed', 'failed', 'skipped', 'error', 'no_impact'].map(count).join(', ');
  console.log(`\n${summary.controls} controls: ${counts}. Compliance ${summary.compliance.toFixed(1)} %.`);
  console.log(`Verdict: ${scan.verdict} (threshold ${JSON.stringify(THRESHOLD)})`);
  for (const breach of scan.breaches) {
    console.log(
      `  ${breach.key}: at most ${breach.expected} allowed, ${breach.actual} found (${breach.controls.join(', ')})`,
    );
  }
  await printFailedControls(call, scan);
}

async function printFailedControls(call, scan) {
  const report = await call('GET', `/v1/scans/${scan.id}/report`);
  const controls = report.profiles.flatMap((profile) => profile.controls);
  const failed = controls.filter((control) => control.results?.some((result) => result.status === 'failed'));
  if (failed.length > 0) console.log('\nFailed controls:');
  for (const control of failed) {
    const result = control.results.find(({ status }) => status === 'failed');
    console.log(`  ${control.id}  impact ${control.impact}  ${control.title ?? ''}`);
    console.log(`      ${firstLine(result.message ?? result.code_desc)}`);
  }
}

async function printFailure(call, scan) {
  console.log(`\nThe scan ended as ${scan.state}.`);
  if (scan.failure) console.log(`  ${scan.failure.code}: ${scan.failure.message}`);
  const evidence = await call('GET', `/v1/scans/${scan.id}/evidence`).catch(() => null);
  for (const part of evidence?.containers ?? []) {
    console.log(`  ${part.name}: ${part.state} ${part.reason} ${part.message}`.trimEnd());
  }
  for (const [name, log] of Object.entries(evidence?.logs ?? {})) {
    if (log)
      console.log(
        `  end of the log of ${name}:\n${log
          .trimEnd()
          .split('\n')
          .slice(-15)
          .map((line) => `    ${line.slice(0, 300)}`)
          .join('\n')}`,
      );
  }
}

function firstLine(text) {
  const line = (text ?? '').trim().split('\n')[0];
  return line.length > 150 ? `${line.slice(0, 149)}…` : line;
}

/** Prints where to look next, as lines that can be pasted into a shell. */
export function printNext(url, key, scan) {
  console.log(`
Sidescan serves on ${url}; the documentation of its API is at ${url}/docs
The key of the default project is kept in ${relative(process.cwd(), join(DATA, 'admin-key'))}. To go on in another terminal:

  export SIDESCAN_URL=${url} SIDESCAN_API_KEY=${key}
  npx sidescan report ${scan.id} --format html -o report.html
  npx sidescan scan --image ${scan.target.image} --profile container-baseline --inline '{failed.critical.max: 0}' --wait
  curl -s -H "Authorization: Bearer $SIDESCAN_API_KEY" $SIDESCAN_URL/v1/scans/${scan.id}
  curl -s -H "Authorization: Bearer $SIDESCAN_API_KEY" "$SIDESCAN_URL/v1/reports/summary?groupBy=image"
`);
}

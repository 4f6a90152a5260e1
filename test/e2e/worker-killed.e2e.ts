import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { testImage } from '../support/images.js';
import { type E2e, startE2e } from './e2e.js';

/** With them a pod runs only once its Secret is there, and its receipt is believed only with their digest. */
const GIVEN = {
  inputs: { max_files: 200_000 },
  sensitiveInputs: { token: 'a secret of the caller' },
  waivers: { 'container-1.1': { justification: 'known', run: false } },
};

let e2e: E2e;
beforeAll(async () => {
  e2e = await startE2e({ SIDESCAN_ENCRYPTION_KEY: Buffer.alloc(32, 6).toString('base64') }, 0);
});
afterAll(async () => {
  await e2e?.stop();
});

it('kill -9 of the worker while a pod runs: another worker finishes that scan with the same pod', async () => {
  const first = e2e.service.startWorker();
  const { id } = await e2e.service.submit({
    target: { image: testImage('debian-planted') },
    profile: { name: 'container-baseline' },
    threshold: { compliance: { min: 1 } },
    ...GIVEN,
  });
  await e2e.service.until(id, (scan) => scan.state === 'scanning');
  await e2e.service.end(first, 'SIGKILL');
  const [before] = await e2e.cluster.scanPods();
  expect(before?.scan).toBe(id);

  e2e.service.startWorker();
  const uids = new Set<string>();
  const look = setInterval(() => {
    void e2e.cluster.scanPods().then((pods) => pods.forEach((pod) => uids.add(pod.uid)));
  }, 200);
  const scan = await e2e.service.finished(id);
  clearInterval(look);
  expect(scan).toMatchObject({ state: 'completed', verdict: 'passed', attempt: 1 });
  expect([...uids]).toEqual([before?.uid]);
  await e2e.cluster.noPodOf(id);
});

it('kill -9 of the worker as soon as there is a pod: the pod gets its Secret all the same, and keeps none', async () => {
  const first = e2e.service.startWorker();
  const { id } = await e2e.service.submit({
    target: { image: testImage('distroless-clean') },
    profile: { name: 'container-baseline' },
    ...GIVEN,
  });
  await eventually('a pod', async () => (await e2e.cluster.scanPods()).some((pod) => pod.scan === id));
  await e2e.service.end(first, 'SIGKILL');
  e2e.service.startWorker();
  const scan = await e2e.service.finished(id);
  expect(scan).toMatchObject({ state: 'completed', attempt: 1, failure: null, summary: { waived: 1 } });
  await e2e.cluster.noPodOf(id);
  await noSecretLeft();
});

it('cancels a scan: its Secret goes with its pod', async () => {
  e2e.service.startWorker();
  const { id } = await e2e.service.submit({
    target: { image: testImage('debian-planted') },
    profile: { name: 'container-baseline' },
    ...GIVEN,
  });
  await e2e.service.until(id, (scan) => scan.state === 'scanning');
  expect((await e2e.service.request('DELETE', `/v1/scans/${id}`)).status).toBe(200);
  await e2e.cluster.noPodOf(id);
  await noSecretLeft();
});

async function noSecretLeft(): Promise<void> {
  const left = async () => (await e2e.cluster.secrets()).filter((name) => name.endsWith('-inputs'));
  await eventually('no Secret of a scan', async () => (await left()).length === 0, 120);
}

import { afterAll, beforeAll, expect, it } from 'vitest';
import { testImage } from '../support/images.js';
import { type E2e, startE2e } from './e2e.js';

let e2e: E2e;
beforeAll(async () => {
  e2e = await startE2e({}, 0);
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

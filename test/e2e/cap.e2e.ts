import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testImage } from '../support/images.js';
import { type E2e, startE2e } from './e2e.js';

const SCANS = 20;
const CAP = 5;

let e2e: E2e;
beforeAll(async () => {
  // Two workers: the cap is over all of them, so it cannot be a number that one process keeps.
  e2e = await startE2e({ SIDESCAN_MAX_PODS: String(CAP) }, 2);
});
afterAll(async () => {
  await e2e?.stop();
});

it('twenty scans at once with a cap of five: never more than five pods, all complete, none doubled', async () => {
  const seen = new Map<string, Set<string>>();
  let most = 0;
  let watching = true;
  const watch = (async () => {
    while (watching) {
      const pods = await e2e.cluster.scanPods();
      most = Math.max(most, pods.length);
      for (const pod of pods) seen.set(pod.scan, (seen.get(pod.scan) ?? new Set()).add(pod.uid));
      await pause(100);
    }
  })();
  const submitted = await Promise.all(
    Array.from({ length: SCANS }, () =>
      e2e.service.submit({
        target: { image: testImage('distroless-clean') },
        profile: { name: 'container-baseline' },
      }),
    ),
  );
  const ids = submitted.map((scan) => scan.id);
  expect(new Set(ids).size).toBe(SCANS);
  const finished = await Promise.all(ids.map((id) => e2e.service.finished(id)));
  await e2e.cluster.noScanPods();
  watching = false;
  await watch;
  expect(finished.map((scan) => scan.state)).toEqual(Array(SCANS).fill('completed'));
  expect(finished.map((scan) => scan.attempt)).toEqual(Array(SCANS).fill(1));
  expect(most).toBeLessThanOrEqual(CAP);
  expect(most, 'the cap is used, too').toBeGreaterThan(1);
  expect([...seen.keys()].sort()).toEqual([...ids].sort());
  expect([...seen.values()].map((uids) => uids.size)).toEqual(Array(SCANS).fill(1));
});

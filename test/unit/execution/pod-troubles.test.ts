import { describe, expect, it } from 'vitest';
import { PodTroubles } from '../../../src/execution/pod-troubles.js';
import type { PodEvent } from '../../../src/ports/pod-runtime.js';
import { aPod, ended, podWith, waiting } from './observations.js';

const GRACE = { unschedulableMs: 60_000, pullMs: 30_000, unreachableMs: 10_000, targetExitMs: 3_000 };
const AWAY = podWith({ target: waiting('ErrImagePull', 'dial tcp 10.0.0.9:443: connect: connection refused') });
const BACK_OFF = podWith({ target: waiting('ImagePullBackOff', 'Back-off pulling image "x"') });
const BUSY = podWith({ target: waiting('ErrImagePull', 'unexpected status: 503 Service Unavailable') });

/** Troubles of a pod, and a clock that a test sets. */
function troubles(events: () => PodEvent[] = () => []) {
  const clock = { ms: 1_000 };
  let asked = 0;
  const ask = (): Promise<PodEvent[]> => {
    asked += 1;
    return Promise.resolve(events());
  };
  const of = new PodTroubles(GRACE, ask, () => clock.ms);
  return { clock, of: of.of.bind(of), asked: () => asked };
}

describe('what may mend itself', () => {
  it('is given its time from when it was first seen here, whatever any clock says of the pod', async () => {
    for (const createdAt of [new Date(0), new Date('2999-01-01')]) {
      const { clock, of } = troubles();
      const pod = { ...AWAY, createdAt };
      expect(await of(pod)).toMatchObject({ leftMs: 10_000, failure: { code: 'IMAGE_PULL_FAILED' } });
      clock.ms += 9_999;
      expect(await of(pod)).toMatchObject({ leftMs: 1 });
      clock.ms += 1;
      await expect(of(pod)).rejects.toMatchObject({
        failure: { code: 'IMAGE_PULL_FAILED', retryable: true },
        lost: false,
      });
    }
  });

  it('has its time anew after it was well', async () => {
    const { clock, of } = troubles();
    await of(AWAY);
    clock.ms += 9_000;
    expect(await of(aPod())).toBeNull();
    clock.ms += 9_000;
    expect(await of(AWAY)).toMatchObject({ leftMs: 10_000 });
  });

  it('is one trouble as long as the image cannot be pulled, by what was said last of the cause', async () => {
    const { clock, of, asked } = troubles();
    await of(BUSY);
    clock.ms += 20_000;
    expect(await of(BACK_OFF)).toMatchObject({ leftMs: 10_000 });
    expect(asked()).toBe(0);
    await expect(of(AWAY)).rejects.toMatchObject({ failure: { code: 'IMAGE_PULL_FAILED' } });
  });

  it('is another trouble with a time of its own when it is something else', async () => {
    const { clock, of } = troubles();
    const place = { type: 'PodScheduled', reason: 'Unschedulable', message: 'no room' };
    expect(await of(aPod({ phase: 'Pending', troubles: [place], containers: [] }))).toMatchObject({ leftMs: 60_000 });
    clock.ms += 59_000;
    expect(await of(AWAY)).toMatchObject({ leftMs: 10_000 });
    expect(await of(podWith({ target: ended(0) }))).toMatchObject({ leftMs: 3_000 });
  });
});

describe('a pull that waits for its next try', () => {
  const said = (message: string): PodEvent[] => [{ at: null, type: 'Warning', reason: 'Failed', message, count: 1 }];

  it('is explained by the events, asked once', async () => {
    const { of, asked } = troubles(() => said('Failed to pull image "x": 503 Service Unavailable'));
    expect(await of(BACK_OFF)).toMatchObject({ leftMs: 30_000 });
    expect(await of(BACK_OFF)).toMatchObject({ leftMs: 30_000 });
    expect(asked()).toBe(1);
  });

  it('ends at once if they say that there is no such image', async () => {
    const { of } = troubles(() => said('Failed to pull image "x": x: not found'));
    await expect(of(BACK_OFF)).rejects.toMatchObject({ failure: { code: 'IMAGE_NOT_FOUND', retryable: false } });
  });

  it('is waited for like one that nobody can reach if they say nothing, or cannot be had', async () => {
    const none = troubles();
    expect(await none.of(BACK_OFF)).toMatchObject({ leftMs: 10_000 });
    const failing = new PodTroubles(GRACE, () => Promise.reject(new Error('500')));
    expect((await failing.of(BACK_OFF))?.failure.code).toBe('IMAGE_PULL_FAILED');
  });
});

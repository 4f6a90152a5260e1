import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scan } from '../../../src/scans/scan.js';
import { PodmanPodRuntime } from '../../../src/platform/podman/podman-pod-runtime.js';
import { expectedAnswers, missingFindings, PLANTED_IMAGES, statuses } from '../../support/planted-images.js';
import { uniqueName } from '../../support/services.js';
import { storedReport } from '../../support/stored-report.js';
import { Scene } from './scene.js';

// The whole way on this machine without a cluster: real pods, the real scanner, the very manifest that a cluster gets.
describe('a worker on Podman', () => {
  let scene: Scene;
  let outside: PodmanPodRuntime;

  beforeAll(async () => {
    const namespace = uniqueName();
    scene = await Scene.open({ SIDESCAN_RUNTIME: 'podman', SIDESCAN_NAMESPACE: namespace });
    outside = new PodmanPodRuntime(namespace);
    await scene.worker();
  });
  afterAll(async () => {
    await scene?.close();
  });

  /** As it is stored, checked against size and SHA-256. */
  function reportOf({ id, report }: Scan): Promise<Buffer> {
    if (report === null) throw new Error(`${id} has no report`);
    return storedReport((key) => scene.store.get(key, 64 * 1024 * 1024), report);
  }

  it.each(PLANTED_IMAGES)(
    'scans %s: every control is right, the report is stored, the pod is gone',
    async (image) => {
      const target = { image: `localhost/sidescan-test/${image}:1` };
      const { id } = await scene.submit({ target, threshold: { failed: { total: { max: 100 } } } });
      const scan = await scene.ended(id, 110_000);
      expect(scan).toMatchObject({ state: 'completed', verdict: 'passed', failure: null });
      const report = await reportOf(scan);
      expect(statuses(report)).toEqual(expectedAnswers(image));
      expect(missingFindings(image, report)).toEqual([]);
      expect(await outside.list()).toEqual([]);
    },
    120_000,
  );

  it.each([false, true])(
    'scans in mode restricted (run: %s): what uid 65532 may not read is an error, every other control is right',
    async (run) => {
      const target = { image: 'localhost/sidescan-test/distroless-planted:1', run };
      const { id } = await scene.submit({ target, securityMode: 'restricted' });
      const scan = await scene.ended(id, 110_000);
      expect(scan).toMatchObject({ state: 'completed', failure: null });
      const answers = statuses(await reportOf(scan));
      const expected = expectedAnswers('distroless-planted');
      const errors = Object.keys(answers).filter((control) => answers[control] === 'error');
      expect(errors).toContain('container-3.1'); // private keys: one cannot be read
      for (const control of errors) answers[control] = expected[control] ?? 'no such control';
      expect(answers).toEqual(expected);
      expect(await outside.list()).toEqual([]);
    },
    120_000,
  );

  it.each([
    ['an image that does not exist', { image: 'localhost/no/such:1' }, /^IMAGE_/, /no\/such/],
    [
      'an image whose process exits at once',
      { image: 'localhost/sidescan-test/exits:1', run: true },
      /^TARGET_EXITED$/,
      /exit code/,
    ],
    [
      'a target that moves into another root',
      { image: 'localhost/sidescan-test/menace:1', run: true, args: ['chroot', '/clean'] },
      /^TARGET_NOT_PROVEN$/,
      /another root/,
    ],
    [
      'a target that kills the scanner',
      { image: 'localhost/sidescan-test/killer:1', run: true },
      /^SCANNER_KILLED$/,
      /scanner/,
    ],
  ])(
    'fails on %s, with its cause and evidence',
    async (_, target, code, words) => {
      const { id } = await scene.submit({ target });
      const scan = await scene.ended(id, 60_000);
      expect(scan.state).toBe('failed');
      expect(scan.verdict).toBe('none');
      expect(scan.failure?.code).toMatch(code);
      expect(scan.failure?.message).toMatch(words);
      expect((await scene.evidence(id))?.pod?.name).toBe(scan.podName);
      expect(await outside.list()).toEqual([]);
    },
    90_000,
  );
});

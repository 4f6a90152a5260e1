import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PodmanPodRuntime } from '../../../src/platform/podman/podman-pod-runtime.js';
import { SECRET, SECRET_FORMS, SECRET_PROFILE } from '../../support/given-profile.js';
import { statuses } from '../../support/planted-images.js';
import { profileArchive } from '../../support/profile-archive.js';
import { uniqueName } from '../../support/services.js';
import { storedReport } from '../../support/stored-report.js';
import { Scene, type Asked } from './scene.js';

// The whole way on this machine: the row, a real pod, the real auditor, the stored report.
describe('inputs and waivers of a scan on Podman', () => {
  let scene: Scene;
  let runtime: PodmanPodRuntime;

  beforeAll(async () => {
    const namespace = uniqueName();
    const SIDESCAN_ENCRYPTION_KEY = Buffer.alloc(32, 3).toString('base64');
    scene = await Scene.open({ SIDESCAN_RUNTIME: 'podman', SIDESCAN_NAMESPACE: namespace, SIDESCAN_ENCRYPTION_KEY });
    runtime = new PodmanPodRuntime(namespace);
    const files = { 'secrets.tar.gz': await profileArchive(SECRET_PROFILE) };
    await runtime.provide({ name: 'secrets', labels: {}, files });
    await scene.worker(runtime);
  });
  afterAll(async () => {
    await scene?.close();
  });

  async function scan(asked: Asked) {
    const { id } = await scene.submit(asked);
    const ended = await scene.ended(id, 110_000);
    expect(ended).toMatchObject({ state: 'completed', failure: null });
    if (ended.report === null) throw new Error('there is no report');
    return { ended, report: await storedReport((key) => scene.store.get(key, 64 * 1024 * 1024), ended.report) };
  }

  const waive = (justification: string, more = {}) => ({ justification, ...more });
  const inTwoYears = `${new Date().getUTCFullYear() + 2}-01-01`;
  const WAIVED: Asked = {
    target: { image: 'localhost/sidescan-test/distroless-planted:1' },
    threshold: { failed: { total: { max: 0 } } },
    waivers: {
      'container-1.4': waive('known', { run: false }),
      'container-2.3': waive('known, looked at again', { run: true }),
      'container-2.6': waive('was known', { expirationDate: '2020-01-31', run: false }),
      'container-3.1': waive('known for now', { expirationDate: inTwoYears, run: false }),
    },
  };
  const rowsOf = async (scanId: string) => {
    const rows = await scene.prisma.controlResult.findMany({ where: { scanId } });
    return (id: string) => rows.find((one) => one.controlId === id);
  };

  it('waives what is to be waived: skipped, run all the same, expired, not yet expired', async () => {
    const { ended, report } = await scan(WAIVED);
    const row = await rowsOf(ended.id);
    expect(row('container-1.4')).toMatchObject({ status: 'no_impact', waived: true });
    expect(row('container-3.1')).toMatchObject({ status: 'no_impact', waived: true });
    expect(row('container-2.3')).toMatchObject({ status: 'failed', waived: false });
    expect(row('container-2.6')).toMatchObject({ status: 'failed', waived: false });
    expect(ended.summary).toMatchObject({ waived: 2, failed: { total: 2 } });
    expect(ended.verdict).toBe('failed');
    const breach = ended.breaches.find((one) => one.key === 'failed.total.max');
    expect(breach).toMatchObject({ actual: 2, controls: ['container-2.3', 'container-2.6'] });
    expect(report.toString()).toContain('Waiver expired on 2020-01-31');
    expect(await runtime.list()).toEqual([]);
  }, 120_000);

  it('waives in mode restricted too, where the scanner is not root', async () => {
    const { ended } = await scan({ ...WAIVED, securityMode: 'restricted' });
    const row = await rowsOf(ended.id);
    expect(row('container-1.4')).toMatchObject({ status: 'no_impact', waived: true });
    expect(row('container-3.1')).toMatchObject({ status: 'no_impact', waived: true });
    expect(ended.summary).toMatchObject({ waived: 2 });
  }, 120_000);

  it('gives a profile its secrets, and nobody else: not the report, not the rows, not the target', async () => {
    const { ended, report } = await scan({
      target: { image: 'localhost/sidescan-test/debian-planted:1' },
      profile: { name: null, version: null, configMap: 'secrets', digest: null },
      inputs: { size: 7, list: ['x', null] },
      sensitiveInputs: { password: SECRET, token: { deep: [SECRET] } },
      allowTargetCommands: ['perl'],
    });
    expect(statuses(report)).toEqual({
      arrived: 'passed',
      told: 'failed',
      'seen-by-tools': 'passed',
      'seen-by-the-image': 'passed',
    });
    const rows = await scene.prisma.controlResult.findMany({ where: { scanId: ended.id } });
    expect(rows.find((row) => row.controlId === 'told')?.message).toContain('***');
    const [row] = await scene.prisma.$queryRaw<
      { text: string }[]
    >`SELECT s::text AS text FROM scans s WHERE id = ${ended.id}`;
    for (const text of SECRET_FORMS) {
      for (const place of [report.toString(), JSON.stringify(rows), JSON.stringify(ended), row?.text ?? '']) {
        expect(place).not.toContain(text);
      }
    }
  }, 120_000);
});

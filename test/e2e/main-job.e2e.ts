import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectedAnswers, missingFindings, PLANTED_IMAGES, statuses } from '../support/planted-images.js';
import { testImage } from '../support/images.js';
import { type E2e, startE2e } from './e2e.js';

let e2e: E2e;
beforeAll(async () => {
  e2e = await startE2e();
});
afterAll(async () => {
  await e2e?.stop();
});

describe.each(PLANTED_IMAGES)('%s', (image) => {
  it('is scanned: every control is right, the stored report is the one of the receipt, the pod is gone', async () => {
    const { id } = await e2e.service.submit({
      target: { image: testImage(image) },
      profile: { name: 'container-baseline' },
      threshold: { failed: { total: { max: 100 } } },
    });
    const [receipt, scan] = await Promise.all([e2e.cluster.receiptOf(id), e2e.service.finished(id)]);
    expect(scan).toMatchObject({ state: 'completed', verdict: 'passed', failure: null });

    const bytes = await e2e.reportBytes(id);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe((receipt.report as { sha256: string }).sha256);
    expect(await e2e.storedReport(id)).toEqual(bytes);
    expect(statuses(bytes)).toEqual(expectedAnswers(image));
    expect(missingFindings(image, bytes)).toEqual([]);
    await e2e.cluster.noPodOf(id);
  });

  it('fails a threshold that its planted faults break, naming the controls', async () => {
    const { id } = await e2e.service.submit({
      target: { image: testImage(image) },
      profile: { name: 'container-baseline' },
      threshold: { failed: { total: { max: 0 } } },
    });
    const scan = await e2e.service.finished(id);
    expect(scan).toMatchObject({ state: 'completed', verdict: 'failed' });
    const failing = Object.entries(expectedAnswers(image)).filter(([, status]) => status === 'failed');
    expect(scan.breaches).toHaveLength(1);
    expect(scan.breaches[0]).toMatchObject({ key: 'failed.total.max', expected: 0, actual: failing.length });
    expect([...(scan.breaches[0]?.controls ?? [])].sort()).toEqual(failing.map(([control]) => control).sort());
  });
});

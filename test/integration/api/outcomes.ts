import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { openObjectStore } from '../../../src/platform/objects/open-object-store.js';
import { reportKey } from '../../../src/reports/object-key.js';
import type { ControlRow } from '../../../src/scans/scan-results.js';
import type { Outcome } from '../../../src/scans/scans.repository.js';
import type { StoredReport } from '../../../src/scans/scan.js';
import { aSummary } from '../../support/factories.js';
import type { ApiServer } from './api-server.js';

/** A control as it is stored. */
export function aControl(given: Partial<ControlRow> = {}): ControlRow {
  const what = { controlId: 'c-1', profileName: 'container-baseline', status: 'passed', severity: 'medium' };
  return { ...what, impact: 0.5, waived: false, title: null, message: null, ...given };
}

/** What a scan came to: so many passed and failed controls. */
export function anOutcome(passed: number, failed: number, given: Partial<Outcome> = {}): Outcome {
  const sha256 = createHash('sha256').update(`${passed}/${failed}`).digest('hex');
  return {
    report: { key: reportKey(sha256), sha256, bytes: 100 },
    summary: aSummary(passed, failed),
    coverage: { inProcess: 1, toolbox: 0, target: 0, refused: 0, refusedPrograms: [], targetPrograms: [] },
    verdict: 'none',
    breaches: [],
    controls: [],
    profile: { name: 'container-baseline', version: '1.0.0', digest: `sha256:${'a'.repeat(64)}` },
    ...given,
  };
}

/** Takes a queued scan through its states to its end, as a worker does. */
export async function finish(api: ApiServer, id: string, outcome: Outcome): Promise<void> {
  await api.scans.claim(id, 1, `pod-${id}`, 1000);
  await api.scans.move(id, 1, 'scanning');
  await api.scans.move(id, 1, 'collecting');
  if (!(await api.scans.complete(id, 1, outcome))) throw new Error(`${id} could not be completed`);
  await api.scans.podGone(id, 1);
}

/** Stores a report as a worker does. */
export async function storeReport(api: ApiServer, bytes: Buffer): Promise<StoredReport> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const key = reportKey(sha256);
  await openObjectStore(api.installation.config.store).put(key, gzipSync(bytes), 'application/gzip');
  return { key, sha256, bytes: bytes.length };
}

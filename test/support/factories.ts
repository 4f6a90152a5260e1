import { newId } from '../../src/domain/ids.js';
import type { StatusCounts, Summary } from '../../src/results/summary.js';
import type { Evidence, ImageTarget, Scan } from '../../src/scans/scan.js';

/** An image target; what a test is about is given, the rest is ordinary. */
export function anImageTarget(given: Partial<ImageTarget> = {}): ImageTarget {
  const plain = { pullSecret: null, run: false, command: null, args: null };
  return { kind: 'image', image: 'registry.example/shop/web:1.0', ...plain, ...given };
}

/** A scan as it is right after it was submitted. */
export function aScan(given: Partial<Scan> = {}): Scan {
  return {
    id: newId('scan'),
    projectId: newId('project'),
    state: 'queued',
    verdict: 'none',
    attempt: 1,
    targetId: newId('target'),
    target: anImageTarget(),
    profile: { name: 'container-baseline', version: null, configMap: null, digest: null },
    inputs: {},
    sensitiveInputs: [],
    waivers: {},
    threshold: null,
    thresholdName: null,
    labels: {},
    timeoutSeconds: 600,
    securityMode: 'general',
    allowTargetCommands: [],
    summary: null,
    coverage: null,
    breaches: [],
    failure: null,
    report: null,
    podName: null,
    createdAt: new Date('2026-01-02T03:04:05.678Z'),
    startedAt: null,
    finishedAt: null,
    ...given,
  };
}

/** Counts of one status, all of severity medium unless given. */
export function counts(total: number, given: Partial<StatusCounts> = {}): StatusCounts {
  return { total, critical: 0, high: 0, medium: total, low: 0, ...given };
}

/** A summary of so many passed and failed controls, with its compliance in percent. */
export function aSummary(passed: number, failed: number): Summary {
  const controls = passed + failed;
  return {
    compliance: controls === 0 ? 0 : (100 * passed) / controls,
    controls,
    waived: 0,
    passed: counts(passed),
    failed: counts(failed),
    skipped: counts(0),
    error: counts(0),
    no_impact: { ...counts(0), none: 0 },
  };
}

/** Evidence of a pod that failed and left nothing else. */
export function anEvidence(given: Partial<Evidence> = {}): Evidence {
  return {
    collectedAt: '2026-01-02T03:05:00.000Z',
    pod: { name: 'scan-x-1', phase: 'Failed', reason: '', message: '', node: 'node-1' },
    containers: [],
    events: [],
    logs: {},
    receipt: null,
    ...given,
  };
}

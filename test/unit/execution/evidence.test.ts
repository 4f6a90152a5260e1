import { describe, expect, it } from 'vitest';
import { EVIDENCE_LOG_BYTES, evidenceOf } from '../../../src/execution/evidence.js';
import { ended, podWith, waiting } from './observations.js';

const at = new Date('2026-01-02T03:04:05.000Z');

describe('evidence', () => {
  it('says of every container how it stands, and of every event what it said', () => {
    const pod = podWith({ target: waiting('ErrImagePull', 'not found'), scanner: ended(137, 'OOMKilled', 'm') });
    const events = [{ at, type: 'Warning', reason: 'Failed', message: 'x', count: 3 }];
    const evidence = evidenceOf({
      pod,
      events,
      logs: { scanner: Buffer.from('last words\n'), target: null },
      receipt: { ok: false },
      at,
    });
    expect(evidence).toMatchObject({
      collectedAt: at.toISOString(),
      pod: { name: 'scan-x-1', phase: 'Running', node: 'node-1' },
      receipt: { ok: false },
    });
    expect(evidence.containers).toEqual([
      { name: 'toolbox', state: 'terminated', reason: 'Completed', message: '', exitCode: 0, restartCount: 0 },
      {
        name: 'target',
        state: 'waiting',
        reason: 'ErrImagePull',
        message: 'not found',
        exitCode: null,
        restartCount: 0,
      },
      { name: 'scanner', state: 'terminated', reason: 'OOMKilled', message: 'm', exitCode: 137, restartCount: 0 },
    ]);
    expect(evidence.events).toEqual([
      { at: at.toISOString(), type: 'Warning', reason: 'Failed', message: 'x', count: 3 },
    ]);
    expect(evidence.logs).toEqual({ scanner: 'last words\n' });
  });

  it('can be had without a pod', () => {
    expect(evidenceOf({ pod: null, events: [], logs: {}, receipt: undefined, at })).toMatchObject({
      pod: null,
      containers: [],
      receipt: null,
    });
  });

  it('keeps the end of a log, without the lines of a report, and no NUL that Postgres would refuse', () => {
    const noise = 'x'.repeat(99) + '\n';
    const log = Buffer.from(`##sidescan 1 ${'A'.repeat(8_000)}\n${noise.repeat(2_000)}the\0end\n`);
    const { logs } = evidenceOf({ pod: null, events: [], logs: { scanner: log }, receipt: null, at });
    expect(Buffer.byteLength(logs.scanner ?? '')).toBeLessThanOrEqual(EVIDENCE_LOG_BYTES + 10);
    expect(logs.scanner).toMatch(/the\ufffdend\n$/);
    expect(logs.scanner).not.toContain('AAAA');
  });

  it('is bounded: 50 events, 4,000 characters a message', () => {
    const events = Array.from({ length: 200 }, (_, i) => ({
      at: null,
      type: 'Normal',
      reason: String(i),
      message: 'm'.repeat(9_000),
      count: 1,
    }));
    const evidence = evidenceOf({ pod: null, events, logs: {}, receipt: null, at });
    expect(evidence.events.map((event) => event.reason)).toEqual(Array.from({ length: 50 }, (_, i) => String(i + 150)));
    expect(evidence.events[0]?.message).toHaveLength(4_000);
  });
});

import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { ReportVerdicts } from '../../../src/execution/report-verdict.js';
import { Interrupted } from '../../../src/execution/scan-failed.error.js';
import type { JudgedReport } from '../../../src/reports/threads/judged-report.js';
import { ReportThreads } from '../../../src/reports/threads/report-threads.js';
import { SameThreadReports } from '../../../src/reports/threads/report-work.js';
import { ThresholdError } from '../../../src/thresholds/threshold.error.js';
import { control, profile, report } from '../results/report.factory.js';
import { sampleReport } from '../results/samples.js';

const threads = new ReportThreads();
afterAll(() => threads.close());
const verdicts = new ReportVerdicts(threads);
const goOn = new AbortController().signal;
/** Each time bytes of its own: they are given away. */
const mixed = (): Uint8Array => new Uint8Array(sampleReport('live-mixed'));

/** Notes how many reports it was reading at once, and how many in all. */
class CountedReports extends SameThreadReports {
  running = 0;
  most = 0;
  begun = 0;

  override async judge(...asked: Parameters<SameThreadReports['judge']>): Promise<JudgedReport> {
    this.begun++;
    this.most = Math.max(this.most, ++this.running);
    await pause(10);
    return super.judge(...asked).finally(() => this.running--);
  }
}

describe('the verdict of a report', () => {
  it('is none without a threshold; there is every control in it all the same', async () => {
    const judged = await verdicts.of(mixed(), null, [], goOn);
    expect([judged.verdict, judged.breaches]).toEqual(['none', []]);
    expect(judged.controls).toHaveLength(judged.summary.controls);
    expect(Object.keys(judged.controls[0] ?? {}).sort()).toEqual(
      ['controlId', 'impact', 'message', 'profileName', 'severity', 'status', 'title', 'waived'].sort(),
    );
  });

  it('is what the threshold says', async () => {
    expect((await verdicts.of(mixed(), { failed: { total: { max: 1000 } } }, [], goOn)).verdict).toBe('passed');
    const broken = await verdicts.of(mixed(), { failed: { total: { max: 0 } } }, [], goOn);
    expect([broken.verdict, broken.breaches.map(({ key }) => key)]).toEqual(['failed', ['failed.total.max']]);
  });

  it('is never passed where nothing was tested', async () => {
    const empty = Buffer.from(JSON.stringify(report([profile('p', [])])));
    expect((await verdicts.of(empty, { failed: { total: { max: 0 } } }, [], goOn)).verdict).toBe('failed');
  });

  it('counts a waived control with the severity of its profile’s texts, in rows, counts and threshold alike', async () => {
    const waived = { impact: 0.5, title: null, tags: {}, waiver_data: { run: false, skipped_due_to_waiver: true } };
    const bytes = Buffer.from(JSON.stringify(report([profile('p', [control('w', ['skipped'], waived)])])));
    const texts = [{ controlId: 'w', title: 'What it is', impact: 0.9, tags: {} }];
    const threshold = { no_impact: { critical: { max: 0 } } };
    const unknown = await verdicts.of(bytes, threshold, [], goOn);
    const known = await verdicts.of(bytes, threshold, texts, goOn);
    expect(unknown.controls).toMatchObject([{ status: 'no_impact', title: null, severity: 'medium', waived: true }]);
    expect(known.controls).toMatchObject([
      { status: 'no_impact', title: 'What it is', severity: 'critical', waived: true },
    ]);
    expect([unknown, known].map(({ summary }) => summary.no_impact.critical)).toEqual([0, 1]);
    expect(
      [unknown, known].map(({ breaches }) => breaches.some((one) => one.key === 'no_impact.critical.max')),
    ).toEqual([false, true]);
  });

  it('is refused with the reason for what is no report; a threshold that cannot be read is not the report’s fault', async () => {
    await expect(verdicts.of(Buffer.from('{"profiles":'), null, [], goOn)).rejects.toMatchObject({
      failure: { code: 'REPORT_INVALID', message: expect.stringContaining('cut off') as string },
    });
    await expect(verdicts.of(mixed(), { faled: 1 }, [], goOn)).rejects.toThrow(ThresholdError);
  });
});

describe('many reports', () => {
  it('are read two at a time at most, and every one of them', async () => {
    const counted = new CountedReports();
    const many = new ReportVerdicts(counted);
    const judged = await Promise.all(Array.from({ length: 7 }, () => many.of(mixed(), null, [], goOn)));
    expect(judged.every(({ verdict }) => verdict === 'none')).toBe(true);
    expect([counted.begun, counted.running]).toEqual([7, 0]);
    expect(counted.most).toBeLessThanOrEqual(2);
  });

  it('that have not begun are let go of when the worker stops', async () => {
    const counted = new CountedReports();
    const many = new ReportVerdicts(counted);
    const stop = new AbortController();
    const asked = Array.from({ length: 5 }, () => many.of(mixed(), null, [], stop.signal));
    stop.abort();
    const ends = await Promise.allSettled(asked);
    const letGo = ends.filter((end) => end.status === 'rejected' && end.reason instanceof Interrupted);
    expect(letGo).toHaveLength(5 - counted.begun);
    expect(counted.begun).toBeLessThanOrEqual(2);
  });

  it('do not hold up the event loop', async () => {
    const controls = Array.from({ length: 10_000 }, (_, i) =>
      control(`c-${i}`, ['passed', 'failed'], { code: 'x'.repeat(1000) }),
    );
    const bytes = Buffer.from(JSON.stringify(report([profile('base', controls)])));
    await verdicts.of(mixed(), null, [], goOn); // a thread is there now
    let rounds = 0;
    const clock = setInterval(() => rounds++, 1);
    const { controls: read } = await verdicts.of(bytes, null, [], goOn);
    clearInterval(clock);
    expect(read).toHaveLength(10_000);
    expect(rounds).toBeGreaterThan(3);
  });
});

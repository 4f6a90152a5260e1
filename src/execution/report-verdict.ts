import type { Verdict } from '../domain/scan-state.js';
import { evaluate } from '../results/evaluate.js';
import { parseReport } from '../results/parse-report.js';
import { ReportError } from '../results/report.error.js';
import type { Outcome } from '../scans/scans.repository.js';
import { judge } from '../thresholds/judge.js';
import { parseThreshold } from '../thresholds/parse-threshold.js';
import { failScan } from './scan-failed.error.js';

/** What a report comes to: controls, summary, and the verdict of the threshold, `none` without one. Throws ScanFailed REPORT_INVALID. */
export function verdictOf(
  bytes: Uint8Array,
  threshold: unknown,
): Pick<Outcome, 'controls' | 'summary' | 'verdict' | 'breaches'> {
  const evaluation = evaluateStrictly(bytes);
  const { summary } = evaluation;
  const controls = evaluation.controls.map(
    ({ controlId, profileName, status, severity, impact, waived, title, message }) => {
      return { controlId, profileName, status, severity, impact, waived, title, message };
    },
  );
  if (threshold === null || threshold === undefined) return { controls, summary, verdict: 'none', breaches: [] };
  const { verdict, breaches } = judge(evaluation, parseThreshold(threshold, 'strict'), 'strict');
  // The threshold says so already; said again here, because nothing else stands between an empty report and `passed`.
  const fenced: Verdict = evaluation.tested ? verdict : 'failed';
  return { controls, summary, verdict: fenced, breaches };
}

function evaluateStrictly(bytes: Uint8Array): ReturnType<typeof evaluate> {
  try {
    return evaluate(parseReport(bytes), 'strict');
  } catch (error) {
    if (error instanceof ReportError) throw failScan('REPORT_INVALID', `The report cannot be read: ${error.message}`);
    throw error;
  }
}

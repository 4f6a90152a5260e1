import { type EvaluationMode, SEVERITIES, type Severity } from './evaluation.js';
import type { ReportControl } from './report.js';

const KNOWN: ReadonlySet<string> = new Set(SEVERITIES);

/**
 * The severity of a control: `tags.severityoverride`, else `tags.severity`, else from its impact. Words that are no severity fall through.
 * `saf` keeps the case of the tag, so that `High` is in no bucket; `strict` folds it.
 */
export function severityOf(control: Pick<ReportControl, 'tags' | 'impact'>, mode: EvaluationMode): string {
  const { severityoverride, severity } = control.tags;
  return wordOf(severityoverride, mode) ?? wordOf(severity, mode) ?? impactSeverity(control.impact);
}

function wordOf(tag: unknown, mode: EvaluationMode): string | null {
  if (typeof tag !== 'string') return null;
  const folded = tag.toLowerCase();
  if (!KNOWN.has(folded)) return null;
  return mode === 'saf' ? tag : folded;
}

/** Without an impact that is a number: critical, so that a wrong control never weighs less than it might. */
function impactSeverity(impact: number | null): Severity {
  if (impact === null) return 'critical';
  if (impact < 0.1) return 'none';
  if (impact < 0.4) return 'low';
  if (impact < 0.7) return 'medium';
  return impact < 0.9 ? 'high' : 'critical';
}

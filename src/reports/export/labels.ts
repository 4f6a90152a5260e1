import type { ControlStatus } from '../../results/evaluation.js';
import type { Breach } from '../../thresholds/breach.js';

/** The statuses of a control as a person reads them. */
export const STATUS_LABELS: Readonly<Record<ControlStatus, string>> = {
  passed: 'Passed',
  failed: 'Failed',
  skipped: 'Not reviewed',
  error: 'Error',
  no_impact: 'Not applicable',
};

const MAX_IDS_SHOWN = 20;

/** Percent with at most two decimals, never rounded up: 99.996 % is not 100 %. */
export function percentText(percent: number): string {
  return `${Math.floor(percent * 100 + 1e-9) / 100} %`;
}

/** One breach in words, such as `failed.high.max: at most 1, found 2: V-1, V-2`. */
export function breachText({ key, expected, actual, controls }: Breach): string {
  if (key === 'tested') return 'tested: nothing was tested, or a profile did not load';
  if (Array.isArray(expected) || Array.isArray(actual)) {
    return `${key}: not the controls that were listed; they differ in ${idList(controls)}`;
  }
  const bound = key.endsWith('.min') ? 'at least' : key.endsWith('.max') ? 'at most' : 'exactly';
  const found = key.startsWith('compliance') ? percentText(actual) : String(actual);
  return `${key}: ${bound} ${expected}, found ${found}${controls.length === 0 ? '' : `: ${idList(controls)}`}`;
}

function idList(ids: readonly string[]): string {
  const shown = ids.slice(0, MAX_IDS_SHOWN).join(', ');
  return ids.length > MAX_IDS_SHOWN ? `${shown} and ${ids.length - MAX_IDS_SHOWN} more` : shown;
}

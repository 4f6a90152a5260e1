import type { Limits } from '../config/config.js';
import type { Fault } from '../domain/errors.js';
import { pointerToken, type Checked } from '../edge/check.js';
import { parseThreshold, ThresholdError } from '../thresholds/parse-threshold.js';
import type { CreateScanDto } from './create-scan.dto.js';

/** What is wrong with a submission beyond the form of its fields: the installation's limits, and the threshold's own grammar. */
export function submissionFaults(body: Checked<CreateScanDto>, limits: Limits): Fault[] {
  return [...timeoutFaults(body.value.timeoutSeconds, limits), ...thresholdFaults(body.value.threshold)];
}

function timeoutFaults(seconds: unknown, limits: Limits): Fault[] {
  const { timeoutSecondsMin: min, timeoutSecondsMax: max } = limits;
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || (seconds >= min && seconds <= max)) return [];
  return [{ pointer: '/timeoutSeconds', detail: `must be from ${min} to ${max} seconds; it is ${seconds}` }];
}

function thresholdFaults(threshold: unknown): Fault[] {
  if (typeof threshold !== 'object' || threshold === null || Array.isArray(threshold)) return []; // told by its type
  try {
    parseThreshold(threshold, 'strict', 'file');
    return [];
  } catch (error) {
    if (!(error instanceof ThresholdError)) throw error;
    return error.faults.map(({ key, detail }) => ({
      pointer: `/threshold${thresholdPointer(threshold, key)}`,
      detail,
    }));
  }
}

/** The pointer of a threshold's key such as `failed.high.max`, which may be written nested, flat, or in a mixture. */
export function thresholdPointer(threshold: object, key: string): string {
  if (key === '') return '';
  const record = threshold as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(record, key)) return `/${pointerToken(key)}`;
  const parts = key.split('.');
  for (let length = parts.length - 1; length > 0; length--) {
    const head = parts.slice(0, length).join('.');
    const inner = Object.hasOwn(record, head) ? record[head] : undefined;
    if (typeof inner === 'object' && inner !== null) {
      return `/${pointerToken(head)}${thresholdPointer(inner, parts.slice(length).join('.'))}`;
    }
    if (inner !== undefined) return `/${pointerToken(head)}`;
  }
  return parts.map((part) => `/${pointerToken(part)}`).join('');
}

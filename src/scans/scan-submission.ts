import type { Limits } from '../config/config.js';
import type { Fault } from '../domain/errors.js';
import type { Checked } from '../edge/check.js';
import { parseThreshold } from '../thresholds/parse-threshold.js';
import { thresholdPointer } from '../thresholds/threshold-pointer.js';
import { ThresholdError } from '../thresholds/threshold.error.js';
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

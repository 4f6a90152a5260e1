import type { Limits } from '../config/config.js';
import type { Fault } from '../domain/errors.js';
import type { Checked } from '../edge/check.js';
import type { CreateScanDto } from './create-scan.dto.js';

/** What is wrong with a submission beyond the form of its fields: the installation's limits. */
export function submissionFaults(body: Checked<CreateScanDto>, limits: Limits): Fault[] {
  return timeoutFaults(body.value.timeoutSeconds, limits);
}

function timeoutFaults(seconds: unknown, limits: Limits): Fault[] {
  const { timeoutSecondsMin: min, timeoutSecondsMax: max } = limits;
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || (seconds >= min && seconds <= max)) return [];
  return [{ pointer: '/timeoutSeconds', detail: `must be from ${min} to ${max} seconds; it is ${seconds}` }];
}

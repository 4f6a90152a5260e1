import { scanFailure, type ScanFailure, type ScanFailureCode } from '../domain/errors.js';

/** The scan cannot succeed: carried from wherever it was found out to the one place that keeps evidence and ends the scan. */
export class ScanFailed extends Error {
  constructor(
    readonly failure: ScanFailure,
    /** The receipt, where there was one. */
    readonly receipt: unknown = null,
    /** The cluster took the pod away, whatever ran in it: another pod may do. */
    readonly lost = false,
  ) {
    super(`${failure.code}: ${failure.message}`);
  }
}

/** Another attempt, a cancel or another worker has ended the scan: nothing of this run may be written any more. */
export class Superseded extends Error {
  constructor() {
    super('the scan has ended or is another attempt now');
  }
}

/** This worker stops; another one goes on with the scan. */
export class Interrupted extends Error {
  constructor() {
    super('the worker stops');
  }
}

/** A ScanFailed of a code and a message. */
export function failScan(code: ScanFailureCode, message: string, receipt: unknown = null): ScanFailed {
  return new ScanFailed(scanFailure(code, message), receipt);
}

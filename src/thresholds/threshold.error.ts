/** One thing that is wrong with a threshold: the key it is about (empty for the whole) and what. */
export interface ThresholdFault {
  key: string;
  detail: string;
}

/** A threshold that cannot be used, with everything that is wrong with it. */
export class ThresholdError extends Error {
  constructor(readonly faults: readonly ThresholdFault[]) {
    super(faults.map((fault) => (fault.key === '' ? fault.detail : `${fault.key}: ${fault.detail}`)).join('; '));
    this.name = 'ThresholdError';
  }
}

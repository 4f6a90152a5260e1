/** One bound that a report does not keep, with the controls behind it. `key` is the threshold's own, such as `failed.critical.max`. */
export interface Breach {
  key: string;
  expected: number | string[];
  actual: number | string[];
  controls: string[];
}

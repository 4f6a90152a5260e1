/**
 * Why a request is refused: code → HTTP status and title. The code is the last part of the problem's `type` and stable.
 */
export const REQUEST_ERRORS = {
  MALFORMED_JSON: { status: 400, title: 'The body is not JSON' },
  MALFORMED_REQUEST: { status: 400, title: 'The request is not HTTP' },
  UNAUTHENTICATED: { status: 401, title: 'No valid API key' },
  FORBIDDEN: { status: 403, title: 'The key lacks the scope for this' },
  NOT_FOUND: { status: 404, title: 'There is no such resource' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This resource does not take this method' },
  NO_REPORT: { status: 404, title: 'This scan has no report' },
  NOT_READ: { status: 404, title: 'The texts of this profile are not known' },
  NOT_ACCEPTABLE: { status: 406, title: 'This format is not offered' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request did not arrive in time' },
  CONFLICT: { status: 409, title: 'The state of the resource does not allow this' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is larger than the limit' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body is of a media type that this resource does not take' },
  INVALID: { status: 422, title: 'The request is not valid' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The address and headers are larger than the limit' },
  UNAVAILABLE: { status: 503, title: 'A part that the service needs does not answer' },
  INTERNAL: { status: 500, title: 'The service failed' },
} as const satisfies Record<string, { status: number; title: string }>;
export type RequestErrorCode = keyof typeof REQUEST_ERRORS;

/** One fault of a request: where (a JSON pointer into the body, the name of a query parameter, or an entry of an archive) and what. */
export interface Fault {
  /** A file or folder in an uploaded archive; `pointer` then leads into that file. */
  entry?: string;
  pointer?: string;
  parameter?: string;
  detail: string;
}

/** A request that is refused; the one filter in edge/ maps it to problem+json. `detail` is for the client. */
export class RequestError extends Error {
  constructor(
    readonly code: RequestErrorCode,
    readonly detail: string,
    readonly faults: readonly Fault[] = [],
  ) {
    super(`${code}: ${detail}`);
  }
}

/**
 * Why a scan failed: code → whether the very same scan may succeed when tried again, and what the code says to a person.
 * Every failure gets exactly one of these from execution/failure.ts.
 */
export const SCAN_FAILURES = {
  IMAGE_NOT_FOUND: { retryable: false, title: 'The image does not exist or may not be pulled' },
  IMAGE_PULL_FAILED: { retryable: true, title: 'The image could not be pulled' },
  IMAGE_INVALID: { retryable: false, title: 'The image reference or the image cannot be used' },
  TARGET_EXITED: { retryable: false, title: 'The target container ended while it was to be scanned' },
  TARGET_START_FAILED: { retryable: false, title: 'The target container could not be started' },
  TARGET_NOT_PROVEN: { retryable: false, title: 'What was scanned is not proven to be the target' },
  TARGET_UNREADABLE: { retryable: false, title: 'The root file system of the target could not be read' },
  UNSCHEDULABLE: { retryable: true, title: 'The cluster has no room for the scan pod' },
  POD_REFUSED: { retryable: false, title: 'The cluster refused the scan pod' },
  POD_LOST: { retryable: true, title: 'The scan pod disappeared or was evicted' },
  OUT_OF_MEMORY: { retryable: true, title: 'A container of the scan pod ran out of memory' },
  SCANNER_KILLED: { retryable: true, title: 'The scanner was killed or died before it left a receipt' },
  SCANNER_FAILED: { retryable: false, title: 'The auditor ended with an error' },
  PROFILE_NOT_FOUND: { retryable: false, title: 'There is no such profile' },
  PROFILE_INVALID: { retryable: false, title: 'The profile cannot be run' },
  PROFILE_COMMAND_REFUSED: { retryable: false, title: 'The profile runs a program while it loads that may not run' },
  PROFILE_READS_SCANNER: {
    retryable: false,
    title: 'The profile asks Ruby itself while it loads: that is the scanner, not the target',
  },
  INPUTS_UNREADABLE: { retryable: false, title: 'The sensitive inputs of the scan can no longer be decrypted' },
  INPUTS_NOT_DELIVERED: { retryable: true, title: 'The inputs and waivers did not arrive in the scan pod' },
  INPUTS_REFUSED: { retryable: false, title: 'The profile does not take the inputs of the scan' },
  REPORT_MISSING: { retryable: true, title: 'The report did not arrive' },
  REPORT_DAMAGED: { retryable: true, title: 'The report that arrived is not the one that was written' },
  REPORT_TOO_LARGE: { retryable: false, title: 'The report is larger than the limit' },
  REPORT_INVALID: { retryable: false, title: 'The report is not one of CINC Auditor' },
  TIMEOUT: { retryable: true, title: 'The scan did not end within its time' },
  STORE_FAILED: { retryable: true, title: 'The report could not be stored' },
  INTERNAL: { retryable: true, title: 'The service failed' },
} as const satisfies Record<string, { retryable: boolean; title: string }>;
export type ScanFailureCode = keyof typeof SCAN_FAILURES;

/** Why a scan failed, as it is stored and shown. `message` names the cause in words. */
export interface ScanFailure {
  code: ScanFailureCode;
  message: string;
  retryable: boolean;
}

/** A failure of a scan from its table row: one place that sets `retryable`. */
export function scanFailure(code: ScanFailureCode, message: string): ScanFailure {
  return { code, message, retryable: SCAN_FAILURES[code].retryable };
}

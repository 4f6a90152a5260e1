import { REQUEST_ERRORS, type Fault, type RequestErrorCode } from '../domain/errors.js';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8';
const TYPE_PREFIX = 'https://sidescan.dev/problems/';

/** Why a request was refused (RFC 9457). */
export class Problem {
  /** Stable identifier of the kind of problem; its last part is `code` in lower case. */
  type: string;
  title: string;
  status: number;
  /** The kind of problem, for programs. */
  code: string;
  /** What went wrong this time. */
  detail: string;
  /** Path of the request. */
  instance: string;
  /** The id under which the service logged this request; also in the header X-Request-Id. */
  requestId: string;
  /** Every fault of the request at once. */
  errors?: ProblemFault[];
}

/** One fault: `pointer` (RFC 6901) into the body, or `parameter` of the query. */
export class ProblemFault {
  /** A file or folder in an uploaded archive; `pointer` then leads into that file. */
  entry?: string;
  pointer?: string;
  parameter?: string;
  detail: string;
}

/** Builds the body of a refusal from its row in REQUEST_ERRORS. */
export function problem(
  code: RequestErrorCode,
  detail: string,
  request: { path: string; requestId: string },
  faults: readonly Fault[] = [],
): Problem {
  const { status, title } = REQUEST_ERRORS[code];
  return {
    type: TYPE_PREFIX + code.toLowerCase().replaceAll('_', '-'),
    title,
    status,
    code,
    detail,
    instance: request.path,
    requestId: request.requestId,
    ...(faults.length > 0 ? { errors: [...faults] } : {}),
  };
}

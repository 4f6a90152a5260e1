import { refuseCostly } from '../results/decode-report.js';
import { isRecord } from '../results/fields.js';

/** Most bytes of what stands beside the report in a request, as JSON. */
export const MAX_BESIDE_REPORT_BYTES = 1024 * 1024;

/** A request for an evaluation, taken apart: the report's own bytes, and everything else, in which `report` is empty and of its type. */
export interface EvaluationRequest {
  kind: 'request';
  fields: unknown;
  report: Uint8Array<ArrayBuffer> | null;
}

/** The body cannot be taken apart: it is no JSON, or beside the report there is too much. */
export interface EvaluationRefusal {
  kind: 'malformed' | 'too-large';
  detail: string;
}

/** Takes the body of a request apart; throws `ReportError` for one that is too costly to read. */
export function readEvaluationRequest(body: Uint8Array): EvaluationRequest | EvaluationRefusal {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (bytes.length === 0) return { kind: 'request', fields: undefined, report: null };
  refuseCostly(bytes, MAX_BESIDE_REPORT_BYTES);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    return { kind: 'malformed', detail: `the body is not JSON: ${(error as Error).message}` };
  }
  if (!isRecord(value)) return { kind: 'request', fields: null, report: null };
  const { report, ...others } = value;
  if (Buffer.byteLength(JSON.stringify(others)) > MAX_BESIDE_REPORT_BYTES)
    return {
      kind: 'too-large',
      detail: `what stands beside the report has more than ${MAX_BESIDE_REPORT_BYTES} bytes`,
    };
  if (typeof report !== 'string' && !isRecord(report)) {
    // Of the wrong type, which is all that is told of it.
    return { kind: 'request', fields: { ...others, ...(report === undefined ? {} : { report: null }) }, report: null };
  }
  const text = typeof report === 'string' ? report : JSON.stringify(report);
  const fields = { ...others, report: typeof report === 'string' ? '' : {} };
  return { kind: 'request', fields, report: new TextEncoder().encode(text) };
}

import type { ReportControl, ReportResult } from './report.js';

/** The most that is kept of a control's messages, in bytes of UTF-8. */
export const MAX_MESSAGE_BYTES = 2048;

/** What the tests that did not pass said, one after the other, at most 2 KiB; null if all passed. */
export function messageOf(control: ReportControl): string | null {
  if (control.broken !== null) return shorten(`The report is wrong here: ${control.broken}`);
  if (control.outcome === 'untested')
    return control.waiver?.skipped === true ? control.waiver.justification : 'No test of this control ran.';
  let message: string | null = null;
  for (const result of control.results) {
    if (result.status === 'passed' && !result.broke) continue;
    message = message === null ? resultMessage(result) : `${message}\n${resultMessage(result)}`;
    if (message.length > MAX_MESSAGE_BYTES) break;
  }
  return message === null ? null : shorten(message);
}

/** One test in words: what was tested, and what came of it. */
export function resultMessage(result: ReportResult): string {
  const what = result.codeDesc.trim();
  const said =
    (result.status === 'skipped' ? (result.skipMessage ?? result.message) : (result.message ?? result.skipMessage)) ??
    result.exception;
  const text = said === null ? '' : said.trim();
  if (what === '') return text;
  return text === '' || text === what ? what : `${what}: ${text}`;
}

/** Cuts at a character, never within one. */
function shorten(text: string): string {
  if (text.length * 3 <= MAX_MESSAGE_BYTES) return text;
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= MAX_MESSAGE_BYTES) return text;
  let end = MAX_MESSAGE_BYTES - 3;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${bytes.subarray(0, end).toString('utf8')}…`;
}

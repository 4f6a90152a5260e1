/** What every frame in a scanner's log begins with (docs/scan-pod.md). */
export const FRAME_MARK = '##sidescan ';
const RECEIPT = Buffer.from(`${FRAME_MARK}receipt `);

/** The JSON text of the last receipt frame in a log or in its end, or null: what engines without termination messages know of the receipt. */
export function receiptFrame(log: Buffer): string | null {
  for (let at = log.lastIndexOf(RECEIPT); at >= 0; at = at === 0 ? -1 : log.lastIndexOf(RECEIPT, at - 1)) {
    if (at !== 0 && log[at - 1] !== 10) continue;
    const newline = log.indexOf(10, at);
    return log.toString('utf8', at + RECEIPT.length, newline < 0 ? log.length : newline).trimEnd();
  }
  return null;
}

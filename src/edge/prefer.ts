/** The seconds of `Prefer: wait=N` (RFC 7240), at most `max`; null if the header does not ask for it. */
export function preferredWait(prefer: string | undefined, max: number): number | null {
  const [, seconds] = /(?:^|,)\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:[,;]|$)/i.exec(prefer ?? '') ?? [];
  return seconds === undefined ? null : Math.min(Number(seconds), max);
}

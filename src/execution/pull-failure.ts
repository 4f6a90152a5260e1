import { scanFailure, type ScanFailure } from '../domain/errors.js';
import type { PodEvent } from '../ports/pod-runtime.js';

/**
 * What an engine's words say of an image that could not be pulled: no reference at all; there is no such image, or not for us; nobody answers at that
 * address; the registry is there and in trouble; or nothing that is known here.
 */
export type PullCause = 'invalid' | 'absent' | 'unreachable' | 'trouble' | 'unknown';

const BAD_REFERENCE = /invalid reference|couldn't parse image|invalid image name/i;
const UNREACHABLE =
  /\bdial (tcp|udp)\b|\blookup\b|no such host|connection refused|no route to host|network is unreachable|name resolution|server misbehaving/i;
const TROUBLE =
  /time-?out|timed out|deadline exceeded|connection reset|broken pipe|\bEOF\b|handshake|\b5\d\d\b|\b429\b|too ?many ?requests|service unavailable|bad gateway|internal server error|no space left/i;
const ABSENT =
  /\bnot ?found\b|manifest unknown|manifest invalid|name unknown|no such image|repository does not exist|\bdenied\b|unauthorized|authentication required|no basic auth credentials|authorization failed|forbidden|\b40[134]\b/i;

/** The cause in an engine's words, whatever the image is called: `registry.example/timeout:503` is a name and no answer of a registry. */
export function pullCause(words: string): PullCause {
  const said = withoutNames(words);
  if (BAD_REFERENCE.test(said)) return 'invalid';
  if (UNREACHABLE.test(said)) return 'unreachable';
  if (TROUBLE.test(said)) return 'trouble';
  return ABSENT.test(said) ? 'absent' : 'unknown';
}

/** The failure for a cause; `words` are the engine's. Trying the same scan again helps unless image or reference are wrong. */
export function pullFailure(cause: PullCause, words: string): ScanFailure {
  if (cause === 'invalid') return scanFailure('IMAGE_INVALID', words);
  return scanFailure(cause === 'absent' ? 'IMAGE_NOT_FOUND' : 'IMAGE_PULL_FAILED', words);
}

/** What an engine said last of a failed pull in its events: the state of a container that waits for the next try does not repeat it. Empty if nothing. */
export function lastPullError(events: readonly PodEvent[]): string {
  return events.findLast((event) => /^Failed to pull image/i.test(event.message))?.message ?? '';
}

/** What is quoted, has a slash, or a colon with something on both sides is a name or an address. */
function withoutNames(words: string): string {
  return words
    .replace(/"[^"]*"/g, ' ')
    .replace(/\b(reading manifest|lookup) \S+/gi, '$1 ')
    .replace(/\bi\/o timeout/gi, 'timeout')
    .replace(/\S+\/\S+|\S+:[^\s:]\S*/g, ' ');
}

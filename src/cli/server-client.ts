import { setTimeout as sleep } from 'node:timers/promises';
import type { Problem } from '../edge/problem.js';
import type { CreateScanDto } from '../scans/create-scan.dto.js';
import type { ScanDto } from '../scans/scan.dto.js';

/** How long one request may take beyond what it asks the server to wait, in seconds. */
const ANSWER_SECONDS = 30;
const PAUSE_MS_MIN = 500;
const PAUSE_MS_MAX = 10_000;
/** A refusal is told in full up to so many characters. */
const BODY_SHOWN = 2000;
/** Answers of a server, or of a proxy before it, after which the same question makes sense again. */
const COME_AGAIN = new Set([429, 502, 503, 504]);

/** The server answered, and the answer is no: everything that it said. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly lines: readonly string[],
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(lines.join('; '));
  }
}

/** No answer, or half of one. */
export class Unreachable extends Error {}

/** A scan and the ETag of what was read. */
export interface ScanNow {
  scan: ScanDto;
  etag: string | null;
}

/** What comes of a question that was tried again and again. */
interface Tries {
  /** Seconds from the first failure on; 0: not again. */
  forSeconds: number;
  signal: AbortSignal;
}

/** A server of this service, asked over HTTP. Reading is tried again when the connection is lost; submitting is not, or one scan would be two. */
export class ServerClient {
  constructor(
    private readonly url: URL,
    private readonly apiKey: string,
    private readonly retrySeconds: number,
  ) {}

  /** Submits once. If the answer is lost, nobody knows whether there is a scan: the error says so. */
  async submit(scan: CreateScanDto): Promise<ScanDto> {
    const body = JSON.stringify(scan);
    const answer = await this.ask('POST', 'v1/scans', { body }).catch((error: unknown) => {
      if (!(error instanceof Unreachable) || /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|bad port/.test(error.message))
        throw error;
      throw new Unreachable(`${error.message}; whether the scan was submitted is not known`);
    });
    return (await json(answer)) as ScanDto;
  }

  /** The scan as soon as it is another one than that of the ETag, or has ended; null if after `waitSeconds` it is still the same. */
  async scan(id: string, known: string | null, waitSeconds: number, signal: AbortSignal): Promise<ScanNow | null> {
    const path = `v1/scans/${encodeURIComponent(id)}${known === null ? '' : `?wait=${waitSeconds}`}`;
    return this.again({ forSeconds: this.retrySeconds, signal }, async () => {
      const answer = await this.ask('GET', path, { waitSeconds, signal, known });
      if (answer.status === 304) return null;
      return { etag: answer.headers.get('etag'), scan: (await json(answer)) as ScanDto };
    });
  }

  /** Cancels; a second time is the same. */
  async cancel(id: string): Promise<ScanDto> {
    const tries = { forSeconds: Math.min(this.retrySeconds, ANSWER_SECONDS), signal: new AbortController().signal };
    return this.again(tries, async () => {
      return (await json(await this.ask('DELETE', `v1/scans/${encodeURIComponent(id)}`))) as ScanDto;
    });
  }

  /** The report as it comes; a body that breaks off ends with an error. */
  async report(id: string, format: string): Promise<ReadableStream<Uint8Array>> {
    const path = `v1/scans/${encodeURIComponent(id)}/report?format=${format}`;
    const signal = new AbortController().signal;
    const answer = await this.again({ forSeconds: this.retrySeconds, signal }, () => this.ask('GET', path));
    if (answer.body === null) throw new Unreachable('the answer has no body');
    return answer.body;
  }

  /** Asks again while the connection is lost or the server says to come again, and no longer than that. */
  private async again<T>({ forSeconds, signal }: Tries, ask: () => Promise<T>): Promise<T> {
    const until = Date.now() + forSeconds * 1000;
    for (let pause = PAUSE_MS_MIN; ; pause = Math.min(2 * pause, PAUSE_MS_MAX)) {
      try {
        return await ask();
      } catch (error) {
        if (signal.aborted || !isLost(error)) throw error;
        const asked = error instanceof Refused ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
        const wait = Math.max(pause, asked);
        if (Date.now() + wait > until) throw error;
        await sleep(wait, undefined, { signal });
      }
    }
  }

  private async ask(
    method: string,
    path: string,
    options: { body?: string; waitSeconds?: number; signal?: AbortSignal; known?: string | null } = {},
  ): Promise<Response> {
    const { body, waitSeconds = 0, signal, known = null } = options;
    // The headers have to come in this time; a body may be long and takes what it takes.
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), (waitSeconds + ANSWER_SECONDS) * 1000);
    let answer: Response;
    try {
      answer = await fetch(new URL(path, this.url), {
        method,
        headers: {
          authorization: `Bearer ${this.apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(known === null ? {} : { 'if-none-match': known }),
        },
        // The key goes to the address that was given, and to no other.
        redirect: 'manual',
        signal: signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]),
        ...(body === undefined ? {} : { body }),
      });
    } catch (error) {
      const why = late.signal.aborted ? `no answer within ${waitSeconds + ANSWER_SECONDS} s` : causeOf(error);
      throw new Unreachable(`${this.url.origin} cannot be reached: ${why}`);
    } finally {
      clearTimeout(timer);
    }
    if (answer.ok || answer.status === 304) return answer;
    throw await refusal(answer);
  }
}

/** True for what may be otherwise the next time. */
function isLost(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && COME_AGAIN.has(error.status));
}

async function json(answer: Response): Promise<unknown> {
  let text: string;
  try {
    text = await answer.text();
  } catch (error) {
    throw new Unreachable(`the answer broke off: ${causeOf(error)}`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refused(answer.status, [`the answer is not JSON: is this a Sidescan server? ${shown(text)}`]);
  }
}

/** All that a refusal says: its title and detail, and every fault with its field. */
async function refusal(answer: Response): Promise<Refused> {
  const text = await answer.text().catch(() => '');
  const after = Number(answer.headers.get('retry-after') ?? NaN);
  const retryAfter = Number.isFinite(after) && after >= 0 ? Math.min(after, 60) : null;
  const location = answer.headers.get('location');
  if (answer.status >= 300 && answer.status < 400)
    return new Refused(answer.status, [`the server answered ${answer.status}: go to ${location ?? 'another address'}`]);
  try {
    const { title, detail, errors = [] } = JSON.parse(text) as Partial<Problem>;
    if (typeof title !== 'string') throw new Error('no problem');
    const faults = errors.map((fault) => {
      const where = fault.pointer ?? fault.parameter ?? fault.entry ?? '';
      return `  ${where === '' ? '(the body)' : where}  ${fault.detail}`;
    });
    const first = faults.length > 0 || detail === undefined ? title : `${title}: ${detail}`;
    return new Refused(answer.status, [`${first} (${answer.status})`, ...faults], retryAfter);
  } catch {
    return new Refused(answer.status, [`the server answered ${answer.status}: ${shown(text)}`], retryAfter);
  }
}

function shown(text: string): string {
  return text.length > BODY_SHOWN ? `${text.slice(0, BODY_SHOWN)}…` : text;
}

/** What Node's fetch hides behind "fetch failed". */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause;
  if (inner instanceof AggregateError) return inner.errors.map((part) => (part as Error).message).join('; ');
  return inner instanceof Error ? inner.message : error.message;
}

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';

/** The API server answered with an error; `message` is its own. */
export class KubernetesError extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

export interface Call {
  method?: 'GET' | 'POST' | 'DELETE';
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  /** The form of the answer; JSON of the whole objects unless given. */
  accept?: string;
  /** At most this many bytes of the answer are read; an answer that has more is cut there. */
  maxBytes?: number;
  signal?: AbortSignal;
}

const TIMEOUT_MS = 20_000;
const TRIES = 4;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_RETRY_AFTER_SECONDS = 20;

/** Credentials and address: the files of `kubeconfig` (as in KUBECONFIG), or the pod's own service account where there are none. */
export function loadKubeConfig(kubeconfig: string | null): KubeConfig {
  const config = new KubeConfig();
  if (!kubeconfig) {
    config.loadFromDefault();
    return config;
  }
  const [first = '', ...others] = kubeconfig.split(':').filter(Boolean);
  config.loadFromFile(first);
  for (const file of others) {
    const more = new KubeConfig();
    more.loadFromFile(file);
    config.mergeConfig(more);
  }
  return config;
}

/**
 * Calls to the API server over kept connections. The generated client of the SDK opens a new TLS connection for every call, reads a log of any size
 * into memory, and knows no Retry-After: authentication is the SDK's, the rest is here. Every call of ours may be done twice.
 */
export class KubernetesClient {
  readonly #server: URL;
  #agent: { for: string; agent: HttpAgent } | null = null;

  /** `reload` reads the credentials anew when the server does not take them any more: tokens and certificates on disk are renewed. */
  constructor(
    private config: KubeConfig,
    private readonly reload: (() => KubeConfig) | null = null,
  ) {
    const cluster = config.getCurrentCluster();
    if (!cluster) throw new Error('The kubeconfig has no current cluster');
    this.#server = new URL(cluster.server);
  }

  /** Calls and reads a JSON answer; throws KubernetesError for every status of 400 and more. */
  async json<T>(call: Call): Promise<T> {
    return JSON.parse((await this.bytes(call)).toString('utf8')) as T;
  }

  /** Calls and reads the answer as bytes. Waits and tries again on 429 and 503 as Retry-After says, on a lost connection, and with renewed credentials. */
  async bytes(call: Call): Promise<Buffer> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once(call);
      } catch (error) {
        const again = tries < TRIES && !call.signal?.aborted;
        const waitMs = again ? (this.#renewed(error) ? pauseMs(tries) : retryIn(error, tries)) : null;
        if (waitMs === null) throw error;
        await sleep(waitMs, undefined, { signal: call.signal });
      }
    }
  }

  /** Opens a stream (a watch): the response once its status is 200. The caller destroys it. */
  async stream(call: Call): Promise<IncomingMessage> {
    const response = await this.#send(call, { ...call, signal: call.signal });
    if (response.statusCode === 200) {
      response.socket.setKeepAlive(true, 15_000);
      return response;
    }
    throw errorOf(response, await readAll(response, MAX_ANSWER_BYTES));
  }

  close(): void {
    this.#agent?.agent.destroy();
  }

  #renewed(error: unknown): boolean {
    if (!(error instanceof KubernetesError) || error.status !== 401 || !this.reload) return false;
    this.config = this.reload();
    return true;
  }

  async #once(call: Call): Promise<Buffer> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout;
    const response = await this.#send(call, { signal });
    const body = await readAll(response, call.maxBytes ?? MAX_ANSWER_BYTES);
    if ((response.statusCode ?? 0) >= 400) throw errorOf(response, body);
    return body;
  }

  async #send(call: Call, { signal }: { signal?: AbortSignal }): Promise<IncomingMessage> {
    const options: RequestOptions = {};
    await this.config.applyToHTTPSOptions(options);
    const url = new URL(this.#server.href.replace(/\/$/, '') + call.path);
    for (const [name, value] of Object.entries(call.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const body = call.body === undefined ? null : Buffer.from(JSON.stringify(call.body));
    const headers: Record<string, string | number> = {
      ...(options.headers as Record<string, string>),
      accept: call.accept ?? 'application/json',
    };
    if (options.auth) headers.authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
    if (body) Object.assign(headers, { 'content-type': 'application/json', 'content-length': body.length });
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const request = send(url, { method: call.method ?? 'GET', headers, agent: this.#agentFor(options), signal });
    return new Promise((resolve, reject) => {
      request.on('response', resolve).on('error', reject);
      request.end(body ?? undefined);
    });
  }

  /** One agent with kept connections for as long as the credentials are the same: certificates on disk are renewed. */
  #agentFor(options: RequestOptions): HttpAgent {
    const given = options.agent as HttpAgent;
    if (this.config.getCurrentCluster()?.proxyUrl || this.#server.protocol === 'http:') return given;
    const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
    const identity = [ca, cert, key, pfx, passphrase, rejectUnauthorized, servername].map(String).join('\n');
    if (this.#agent?.for !== identity) {
      const tls = { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername };
      this.#agent = {
        for: identity,
        agent: new Agent({ ...tls, keepAlive: true, keepAliveMsecs: 15_000, maxSockets: 32 }),
      };
    }
    return this.#agent.agent;
  }
}

class RetryLater extends KubernetesError {
  constructor(
    error: KubernetesError,
    readonly afterMs: number,
  ) {
    super(error.status, error.reason, error.message);
  }
}

function retryIn(error: unknown, tries: number): number | null {
  const pause = pauseMs(tries);
  if (error instanceof RetryLater) return Math.max(error.afterMs, pause);
  if (error instanceof KubernetesError) return error.status >= 500 && error.status !== 501 ? pause : null;
  return pause; // no answer: connection refused or reset, time out
}

function pauseMs(tries: number): number {
  return 250 * 2 ** tries * (0.5 + Math.random());
}

function errorOf(response: IncomingMessage, body: Buffer): KubernetesError {
  const status = response.statusCode ?? 0;
  let reason = response.statusMessage ?? '';
  let message = body.toString('utf8', 0, 2_000);
  try {
    const parsed = JSON.parse(body.toString('utf8')) as { reason?: string; message?: string };
    reason = parsed.reason ?? reason;
    message = parsed.message ?? message;
  } catch {
    // Not a Status object: a proxy or the kubelet answered, in its own words.
  }
  const error = new KubernetesError(status, reason, message || `HTTP ${status} ${reason}`);
  if (status !== 429 && status !== 503) return error;
  const seconds = Number(response.headers['retry-after'] ?? 1);
  return new RetryLater(
    error,
    Math.min(Number.isFinite(seconds) && seconds >= 0 ? seconds : 1, MAX_RETRY_AFTER_SECONDS) * 1_000,
  );
}

async function readAll(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes);
}

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApi } from '../../../src/api.js';
import { requestContext } from '../../../src/edge/request-context.js';
import { createLogger } from '../../../src/platform/logging/logger.js';
import { PrismaService } from '../../../src/platform/database/prisma.service.js';
import { ScansRepository } from '../../../src/scans/scans.repository.js';
import type { ScanDto } from '../../../src/scans/scan.dto.js';
import type { CreatedKeyDto } from '../../../src/auth/keys.dto.js';
import type { Scope } from '../../../src/auth/scopes.js';
import type { Problem } from '../../../src/edge/problem.js';
import { Description } from '../../support/description.js';
import { ADMIN_KEY, createInstallation, type TestInstallation } from '../../support/environment.js';
import { serviceAt } from '../../support/services.js';

/** Every answer of every test is held against openapi.yaml. */
const description = new Description();

export interface Answer<T> {
  status: number;
  headers: Headers;
  text: string;
  body: T;
}

export interface Ask {
  key?: string | null;
  body?: unknown;
  /** The body as it is, instead of `body` as JSON. */
  raw?: string | Buffer | FormData;
  headers?: Record<string, string>;
}

/** A whole API of a test's own on a real Postgres and Redis, spoken to over HTTP; `scans` is what a worker would use. */
export class ApiServer {
  /** What was logged, one JSON line each. */
  readonly log: string[] = [];
  private readonly started: NestFastifyApplication[] = [];
  private constructor(
    readonly installation: TestInstallation,
    readonly prisma: PrismaService,
    readonly scans: ScansRepository,
  ) {}
  app: NestFastifyApplication;
  url: string;

  static async start(more: Record<string, string> = {}): Promise<ApiServer> {
    const installation = await createInstallation({ SIDESCAN_LOG_LEVEL: 'info', ...more });
    const prisma = new PrismaService(installation.config.databaseUrl);
    const server = new ApiServer(installation, prisma, new ScansRepository(prisma));
    await server.launch();
    return server;
  }

  /** Starts the API (again) on the same database. */
  async launch(): Promise<void> {
    const { config } = this.installation;
    const destination = { write: (line: string) => void this.log.push(line) };
    const logger = createLogger(config.logLevel, () => requestContext.getStore() ?? {}, destination);
    // Two may be started at once: each listens before either becomes the one that is asked.
    const app = await createApi(config, logger);
    await app.listen(0, '127.0.0.1');
    this.started.push(app);
    this.app = app;
    this.url = await app.getUrl();
  }

  async stop(): Promise<void> {
    for (const app of this.started) await app.close();
    await this.prisma.$disconnect();
    await this.installation.remove();
  }

  async ask<T = Problem>(
    method: string,
    path: string,
    { key = ADMIN_KEY, body, raw, headers }: Ask = {},
  ): Promise<Answer<T>> {
    const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(content === undefined || content instanceof FormData ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: content,
    });
    const text = await response.text();
    const contentType = response.headers.get('content-type');
    const faults = description.faultsOf({ method, path, status: response.status, contentType, text });
    if (faults.length > 0) {
      throw new Error(`${method} ${path} does not answer as openapi.yaml says: ${faults.join('; ')}\n${text}`);
    }
    const isJson = /json/.test(contentType ?? '');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson && text ? JSON.parse(text) : null) as T,
    };
  }

  /** Submits an ordinary scan, with what the test is about. */
  async submit(given: Record<string, unknown> = {}, key: string = ADMIN_KEY): Promise<ScanDto> {
    const { status, body, text } = await this.ask<ScanDto>('POST', '/v1/scans', {
      key,
      body: { ...aSubmission(), ...given },
    });
    if (status !== 202) throw new Error(`POST /v1/scans answered ${status}: ${text}`);
    return body;
  }

  async scan(id: string): Promise<ScanDto> {
    return (await this.ask<ScanDto>('GET', `/v1/scans/${id}`)).body;
  }

  /** A new key, of the default project or of another one. */
  async newKey(scopes: Scope[], project?: string): Promise<CreatedKeyDto> {
    const { status, body, text } = await this.ask<CreatedKeyDto>('POST', '/v1/keys', {
      body: { name: 'test', scopes, project },
    });
    if (status !== 201) throw new Error(`POST /v1/keys answered ${status}: ${text}`);
    return body;
  }
}

export function aSubmission(): Record<string, unknown> {
  return { target: { image: 'registry.example/shop/web:1.0' }, profile: { name: 'container-baseline' } };
}

/** The URL of the test Postgres with another port: nobody listens there. */
export function nowhere(): string {
  const url = new URL(serviceAt('postgres'));
  url.port = '1';
  return url.href;
}

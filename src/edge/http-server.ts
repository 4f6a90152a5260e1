import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import type { Logger } from 'pino';
import { AuthService } from '../auth/auth.service.js';
import { callerOf } from '../auth/key.guard.js';
import type { Config } from '../config/config.js';
import { RequestError } from '../domain/errors.js';
import { MAX_REPORT_BYTES } from '../results/decode-report.js';
import { readJsonBody } from './json-body.js';
import { problem, PROBLEM_MEDIA_TYPE } from './problem.js';
import { refuseConnection } from './refused-connection.js';
import { requestContext, requestIdFrom } from './request-context.js';
import type { RouteTable } from './route-table.js';

/** A request that is not wholly here after this time is given up, in milliseconds: slow senders must not hold connections. */
const REQUEST_TIMEOUT_MS = 60_000;
/** How often idle connections are closed during a shutdown, in milliseconds. */
const SWEEP_MS = 100;
/** The only route whose body is a report. */
const REPORT_ROUTE = '/v1/thresholds/evaluate';
const MIB = 1024 * 1024;

/** Fastify as the API uses it: request ids, one log line a request, JSON bodies only, errors as problem+json. */
export function httpAdapter(config: Config, routes: RouteTable, logger: Logger): FastifyAdapter {
  const options: FastifyServerOptions = {
    bodyLimit: config.http.bodyLimitBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: (request) => requestIdFrom(request.headers['x-request-id']),
    // `/v1/scans/` is what people make of `/v1/scans`.
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    // A URL that cannot be decoded never reaches a route, nor the filter.
    frameworkErrors: (error, request, reply) => sendProblem(request, reply, error.message),
    clientErrorHandler: refuseConnection,
  };
  const adapter = new FastifyAdapter(options);
  const server = adapter.getInstance();
  server.addHook('onRoute', (route) => {
    routes.add(route.url, route.method);
    if (route.url === REPORT_ROUTE) {
      // The largest report that is read at all, and a threshold beside it.
      route.bodyLimit = Math.min(config.limits.reportBytes, MAX_REPORT_BYTES) + MIB;
    }
  });
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    requestContext.run({ requestId: request.id }, done);
  });
  server.addHook('preClose', (done) => {
    // A connection that falls idle just after the server looked for idle ones would keep it open for as long as the client likes.
    const sweep = setInterval(() => server.server.closeIdleConnections(), SWEEP_MS);
    server.server.once('close', () => clearInterval(sweep));
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    logRequest(logger, request, reply);
    done();
  });
  return adapter;
}

/** The body of an evaluation is handed on as it is: a report is read in a thread, for it would hold up everybody else. */
function isReport(request: FastifyRequest): boolean {
  return request.routeOptions.url === REPORT_ROUTE;
}

/** Asks for the key before the body of a report is read: nobody without one makes the service hold 65 MiB. */
export function askKeyFirst(app: NestFastifyApplication): void {
  const auth = app.get(AuthService);
  const server = app.getHttpAdapter().getInstance();
  server.addHook('onRequest', async (request) => {
    if (isReport(request)) await auth.authenticate(request.headers.authorization);
  });
}

/** Takes JSON bodies: any other media type is answered 415 (but see archive-body.ts), and so is one that is packed. */
export function takeJsonOnly(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      refusePacked(request.headers['content-encoding']);
      done(null, isReport(request) ? body : readJsonBody(body as Buffer));
    } catch (error) {
      done(error as Error, undefined);
    }
  });
}

function refusePacked(encoding: string | undefined): void {
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  const detail = 'send the body as it is, without Content-Encoding';
  throw new RequestError('UNSUPPORTED_MEDIA_TYPE', detail);
}

function logRequest(logger: Logger, request: FastifyRequest, reply: FastifyReply): void {
  const caller = callerOf(request);
  const line = {
    requestId: request.id,
    method: request.method,
    path: request.url.split('?', 1)[0],
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime),
    ...(caller && { keyId: caller.keyId, projectId: caller.projectId }),
  };
  // Probes come every few seconds.
  logger[request.url === '/livez' || request.url === '/readyz' ? 'debug' : 'info'](line, 'request');
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, detail: string): void {
  const body = problem('NOT_FOUND', detail, { path: request.url.split('?', 1)[0] ?? '/', requestId: request.id });
  void reply.status(body.status).header('x-request-id', request.id).header('content-type', PROBLEM_MEDIA_TYPE);
  void reply.send(JSON.stringify(body));
}

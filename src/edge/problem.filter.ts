import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../domain/errors.js';
import { isDatabaseUnavailable } from '../platform/database/unavailable.js';
import { ARCHIVE_HINT, ARCHIVE_ROUTE } from './archive-body.js';
import { problem, PROBLEM_MEDIA_TYPE } from './problem.js';
import { RouteTable } from './route-table.js';

/** Seconds after which a client may try again when a part of the service is down. */
const RETRY_AFTER_SECONDS = 5;

/** Everything that a request can throw becomes problem+json here, and nowhere else. What the client sees and what the log says differ. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(private readonly routes: RouteTable) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const path = request.url.split('?', 1)[0] ?? '/';
    const error = this.refusal(thrown, path);
    if (error.code === 'INTERNAL' || error.code === 'UNAVAILABLE') this.logger.error(thrown);
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy(); // half an answer is out: only a broken connection tells the client
      return;
    }
    const body = problem(error.code, error.detail, { path, requestId: request.id }, error.faults);
    if (error.code === 'UNAVAILABLE') void reply.header('retry-after', RETRY_AFTER_SECONDS);
    if (error.code === 'METHOD_NOT_ALLOWED') void reply.header('allow', this.routes.methodsOf(path).join(', '));
    if (error.code === 'UNAUTHENTICATED') void reply.header('www-authenticate', 'Bearer realm="sidescan"');
    if (error.code === 'FORBIDDEN') void reply.header('www-authenticate', 'Bearer error="insufficient_scope"');
    void reply.status(body.status).header('content-type', PROBLEM_MEDIA_TYPE).send(JSON.stringify(body));
  }

  private refusal(thrown: unknown, path: string): RequestError {
    if (thrown instanceof RequestError) return thrown;
    if (thrown instanceof HttpException) return this.fromStatus(thrown, path);
    if (isDatabaseUnavailable(thrown)) return new RequestError('UNAVAILABLE', 'the database does not answer');
    return new RequestError('INTERNAL', 'the service failed; the log has the reason under this request id');
  }

  /** What Nest and Fastify themselves refuse, before a route is reached. */
  private fromStatus(thrown: HttpException, path: string): RequestError {
    switch (thrown.getStatus()) {
      case 404: {
        const methods = this.routes.methodsOf(path);
        if (methods.length === 0) return new RequestError('NOT_FOUND', `there is nothing at ${path}`);
        return new RequestError('METHOD_NOT_ALLOWED', `${path} takes ${methods.join(', ')}`);
      }
      case 413:
        return new RequestError('BODY_TOO_LARGE', 'the body is larger than this resource takes');
      case 415:
        return new RequestError(
          'UNSUPPORTED_MEDIA_TYPE',
          path === ARCHIVE_ROUTE ? ARCHIVE_HINT : 'send the body as application/json',
        );
      case 400:
        return new RequestError('MALFORMED_JSON', thrown.message);
      default:
        return new RequestError('INTERNAL', 'the service failed; the log has the reason under this request id');
    }
  }
}

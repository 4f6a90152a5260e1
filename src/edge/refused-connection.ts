import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestErrorCode } from '../domain/errors.js';
import { problem, PROBLEM_MEDIA_TYPE } from './problem.js';

/** Why Node's parser gives up on a connection, by the code of its error; everything else is not HTTP. */
const REASONS: Readonly<Record<string, { code: RequestErrorCode; detail: string }>> = {
  HPE_HEADER_OVERFLOW: { code: 'HEADERS_TOO_LARGE', detail: 'the address and the headers have more than 16 KiB' },
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'REQUEST_TIMEOUT', detail: 'the request was not complete within a minute' },
};
const NOT_HTTP = { code: 'MALFORMED_REQUEST', detail: 'the request cannot be read' } as const;

/** Answers what never becomes a request, as problem+json like every refusal, and closes the connection. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  // The other side is gone.
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return void socket.destroy();
  const { code, detail } = REASONS[error.code ?? ''] ?? NOT_HTTP;
  const body = problem(code, detail, { path: '', requestId: randomUUID() });
  const head = [
    `HTTP/1.1 ${body.status} ${STATUS_CODES[body.status]}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(JSON.stringify(body))}`,
    `X-Request-Id: ${body.requestId}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${JSON.stringify(body)}`);
}

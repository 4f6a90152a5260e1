import { Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { RequestError } from '../domain/errors.js';

/** The only route whose body is an archive. */
export const ARCHIVE_ROUTE = '/v1/profiles';
/** What clients call a tar.gz or a zip; what it is, its first bytes say. */
export const ARCHIVE_MEDIA_TYPES = [
  'application/gzip',
  'application/x-gzip',
  'application/x-tar',
  'application/x-compressed-tar',
  'application/zip',
  'application/x-zip-compressed',
  'application/octet-stream',
] as const;
/** What is said to a body of another media type. */
export const ARCHIVE_HINT = `send the archive as the body, as ${ARCHIVE_MEDIA_TYPES.join(', ')}, or as the file of multipart/form-data`;

/** Fields beside the file, and bytes of each: forms send such things, nobody reads them. */
const FIELDS_MAX = 16;
const FIELD_BYTES_MAX = 16 * 1024;

/** A body of an archive's media type for a resource that takes JSON; Fastify answers 415. */
class NoArchiveHere extends Error {
  readonly statusCode = 415;
  override readonly name = 'FastifyError'; // Nest maps errors of that name to HTTP
}

/** Takes archives on their route: their bytes are read by the route itself, when the key is known to be good. */
export async function takeArchives(app: NestFastifyApplication): Promise<void> {
  const server = app.getHttpAdapter().getInstance();
  server.addContentTypeParser([...ARCHIVE_MEDIA_TYPES], (_request, payload, done) => done(null, payload));
  await server.register(multipart);
  server.addHook('preParsing', (request, _reply, payload, done) => {
    const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    const isArchive = type === 'multipart/form-data' || ARCHIVE_MEDIA_TYPES.some((known) => known === type);
    const isHere = request.method === 'POST' && request.routeOptions.url === ARCHIVE_ROUTE;
    if (isArchive && !isHere) done(new NoArchiveHere());
    else done(null, payload);
  });
}

/** The archive that a request brings, as its body or as the only file of a form; throws BODY_TOO_LARGE above `maxBytes`. */
export async function readArchive(request: FastifyRequest, maxBytes: number): Promise<Buffer> {
  try {
    if (request.isMultipart()) return await readForm(request, maxBytes);
    const { body } = request;
    if (body instanceof Readable) return await collect(body as AsyncIterable<Buffer>, maxBytes);
  } catch (error) {
    throw error instanceof RequestError ? error : new RequestError('INVALID', brokenOff(error));
  } finally {
    // What is left of a refused body is read and dropped: otherwise the connection stays busy, and a client that still sends never reads why.
    request.raw.resume();
  }
  throw new RequestError('UNSUPPORTED_MEDIA_TYPE', ARCHIVE_HINT);
}

async function readForm(request: FastifyRequest, maxBytes: number): Promise<Buffer> {
  const limits = { fileSize: maxBytes + 1, files: 1, fields: FIELDS_MAX, fieldSize: FIELD_BYTES_MAX };
  let archive: Buffer | null = null;
  for await (const part of request.parts({ limits })) {
    if (part.type === 'file') archive = await collect(part.file, maxBytes);
  }
  if (archive === null) throw new RequestError('INVALID', 'the form has no file; send the archive as its only one');
  return archive;
}

/** Reads a stream to its end, and keeps no more than may be. */
async function collect(stream: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
    else chunks = [];
  }
  if (bytes > maxBytes) throw new RequestError('BODY_TOO_LARGE', `an archive may have ${maxBytes} bytes`);
  return Buffer.concat(chunks);
}

function brokenOff(error: unknown): string {
  return `the body cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}

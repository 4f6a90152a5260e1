import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { REQUEST_ERRORS, type RequestErrorCode } from '../domain/errors.js';
import { problem, Problem } from './problem.js';

/** Every route with a key can answer these; INVALID for a parameter that it does not take. */
const ALWAYS: readonly RequestErrorCode[] = ['UNAUTHENTICATED', 'FORBIDDEN', 'INVALID', 'INTERNAL', 'UNAVAILABLE'];

/** Documents which refusals a route answers, each with its row of the error table as the example. */
export function ApiRefusals(...codes: RequestErrorCode[]): MethodDecorator {
  return documented([...new Set([...ALWAYS, ...codes])]);
}

/** The same for a route that needs no key. */
export function ApiPublicRefusals(...codes: RequestErrorCode[]): MethodDecorator {
  return documented(codes);
}

/** Documents the 304 of a resource with an ETag. */
export function ApiNotModified(): MethodDecorator {
  return ApiResponse({ status: 304, description: 'Nothing changed since the ETag in If-None-Match.' });
}

function documented(codes: readonly RequestErrorCode[]): MethodDecorator {
  const byStatus = new Map<number, RequestErrorCode[]>();
  for (const code of codes) {
    const { status } = REQUEST_ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const responses = [...byStatus].sort(([a], [b]) => a - b).map(([status, same]) => response(status, same));
  return applyDecorators(ApiExtraModels(Problem), ...responses);
}

function response(status: number, codes: readonly RequestErrorCode[]): MethodDecorator & ClassDecorator {
  const titles = codes.map((code) => `${code}: ${REQUEST_ERRORS[code].title}.`);
  const examples = codes.map((code) => [code, { value: example(code) }] as const);
  return ApiResponse({
    status,
    description: titles.join(' '),
    content: {
      'application/problem+json': {
        schema: { $ref: getSchemaPath(Problem) },
        examples: Object.fromEntries(examples),
      },
    },
  });
}

function example(code: RequestErrorCode): Problem {
  const request = { path: '/v1/…', requestId: '0b8a4f6e-9f5e-4c1d-8a46-2f6d0d1c7a55' };
  const faults = code === 'INVALID' ? [{ pointer: '/target/image', detail: 'is not a string' }] : [];
  return problem(code, REQUEST_ERRORS[code].title, request, faults);
}

import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../auth/key.guard.js';
import { UNKNOWN_PARAMETER } from './check.js';
import { invalid } from './check.pipe.js';

/** Refuses parameters for a route that takes none: one that is not looked at would be accepted and ignored. Routes with a query class refuse unknown ones by it. */
@Injectable()
export class QueryGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const names = Object.keys(request.query as Readonly<Record<string, unknown>>);
    // Probes and browsers put what they like behind the addresses that need no key.
    if (names.length === 0 || callerOf(request) === null || takesQuery(context)) return true;
    throw invalid(names.map((parameter) => ({ parameter, detail: UNKNOWN_PARAMETER })));
  }
}

/** What Nest notes of a handler's arguments: `<kind>:<position>` for each. */
function takesQuery(context: ExecutionContext): boolean {
  const args = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name) as
    Readonly<Record<string, unknown>> | undefined;
  return Object.keys(args ?? {}).some((key) => key.startsWith(`${RouteParamtypes.QUERY}:`));
}

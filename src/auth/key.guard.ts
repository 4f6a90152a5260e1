import {
  applyDecorators,
  createParamDecorator,
  Injectable,
  SetMetadata,
  type CanActivate,
  type CustomDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { RequestError } from '../domain/errors.js';
import { AuthService } from './auth.service.js';
import type { Caller, Scope } from './scopes.js';

const NEEDS = 'sidescan:needs';
const PUBLIC = 'public';
type Needs = Scope | typeof PUBLIC;

/** The route needs a key with this scope. A route without `Needs` or `Public` is refused: nothing is open by oversight. */
export function Needs(scope: Scope): ClassDecorator & MethodDecorator {
  return applyDecorators(SetMetadata(NEEDS, scope), ApiSecurity('key', [scope]));
}

/** The route needs no key. */
export function Public(): CustomDecorator {
  return SetMetadata(NEEDS, PUBLIC);
}

type Authenticated = FastifyRequest & { caller?: Caller };

/** The authenticated caller of the request. */
export const ByCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const caller = callerOf(context.switchToHttp().getRequest<FastifyRequest>());
  if (caller === null) throw new Error('a route asks for its caller and is public');
  return caller;
});

/** The caller that the guard found for this request, or null. */
export function callerOf(request: FastifyRequest): Caller | null {
  return (request as Authenticated).caller ?? null;
}

/** Lets a request through if its key has the scope that the route needs. */
@Injectable()
export class KeyGuard implements CanActivate {
  constructor(
    private readonly auth: AuthService,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const places = [context.getHandler(), context.getClass()];
    const needs = this.reflector.getAllAndOverride<Needs | undefined>(NEEDS, places);
    if (needs === PUBLIC) return true;
    if (needs === undefined) throw new Error('a route declares neither Needs nor Public');
    const request = context.switchToHttp().getRequest<Authenticated>();
    const caller = await this.auth.authenticate(request.headers.authorization);
    request.caller = caller;
    if (!caller.scopes.includes(needs)) {
      throw new RequestError('FORBIDDEN', `this needs a key with the scope ${needs}`);
    }
    return true;
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { RequestError } from '../domain/errors.js';
import { hashApiKey, idOfApiKey, sameHash } from './api-key.js';
import { KeysRepository, type StoredKey } from './keys.repository.js';
import type { Caller } from './scopes.js';

/** Longer tokens are no keys of ours: SIDESCAN_ADMIN_KEY has at most 256 characters. */
const TOKEN_MAX = 512;

/** Who a bearer token is. */
@Injectable()
export class AuthService {
  private readonly logger = new Logger(AuthService.name);

  constructor(private readonly keys: KeysRepository) {}

  /** The caller behind an Authorization header; throws UNAUTHENTICATED, with the same words for unknown, wrong and revoked keys. */
  async authenticate(header: string | undefined): Promise<Caller> {
    const token = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
    if (token === undefined) {
      throw new RequestError('UNAUTHENTICATED', 'send an API key in the header "Authorization: Bearer …"');
    }
    const key = token.length > TOKEN_MAX ? null : await this.keyOf(token);
    if (key === null || key.revokedAt !== null) {
      throw new RequestError('UNAUTHENTICATED', 'the API key is not valid');
    }
    // Whether the use could be noted does not matter to the request.
    this.keys.noteUse(key).catch((error: unknown) => this.logger.warn(error));
    return { keyId: key.id, projectId: key.projectId, scopes: key.scopes };
  }

  private async keyOf(token: string): Promise<StoredKey | null> {
    const hash = hashApiKey(token);
    const id = idOfApiKey(token);
    const named = id === null ? null : await this.keys.find(id);
    if (named !== null) return sameHash(named.hash, hash) ? named : null;
    // A bootstrap key has whatever form its variable has: it is found by its hash.
    const bootstrap = await this.keys.findByHash(hash);
    return bootstrap?.bootstrap === true ? bootstrap : null;
  }
}

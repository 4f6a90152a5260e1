import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import { hashApiKey } from './api-key.js';
import { KeysRepository } from './keys.repository.js';
import { SCOPES } from './scopes.js';

/** Makes SIDESCAN_ADMIN_KEY a key of the default project with all scopes, and revokes the one that was there before. */
@Injectable()
export class BootstrapKeyService implements OnApplicationBootstrap {
  private readonly logger = new Logger(BootstrapKeyService.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly keys: KeysRepository,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { adminKey } = this.config;
    await this.keys.setBootstrapKey(adminKey === null ? null : hashApiKey(adminKey), SCOPES);
    if (adminKey === null) this.logger.log('SIDESCAN_ADMIN_KEY is not set: there is no bootstrap key');
  }
}

import { Injectable } from '@nestjs/common';
import { RequestError } from '../domain/errors.js';
import { isId } from '../domain/ids.js';
import { afterTime, pageByTime, type Page } from '../edge/page.js';
import { hashApiKey, newApiKey } from './api-key.js';
import type { CreatedKeyDto, CreateKeyDto, KeyDto } from './keys.dto.js';
import { DEFAULT_PROJECT_ID, KeysRepository, type StoredKey } from './keys.repository.js';
import type { Caller } from './scopes.js';

/** API keys of the caller's project. */
@Injectable()
export class KeysService {
  constructor(private readonly keys: KeysRepository) {}

  /** Makes a key and shows it, this once. */
  async create(caller: Caller, wanted: CreateKeyDto): Promise<CreatedKeyDto> {
    const ownProject = await this.keys.projectName(caller.projectId);
    const project = wanted.project ?? ownProject;
    // Whoever administers the installation (admin in `default`) opens projects; an admin of another project stays inside it.
    if (project !== ownProject && caller.projectId !== DEFAULT_PROJECT_ID) {
      throw new RequestError('FORBIDDEN', 'only an admin key of the project "default" makes keys for other projects');
    }
    const projectId = project === ownProject ? caller.projectId : await this.keys.projectNamed(project);
    const { id, text } = newApiKey();
    const { name, scopes } = wanted;
    const key = await this.keys.create({ id, projectId, name, scopes, hash: hashApiKey(text) });
    return { ...keyView(key), project, key: text };
  }

  /** Keys of the project, newest first. */
  async list(caller: Caller, limit: number, cursor: string | undefined): Promise<Page<KeyDto>> {
    const page = pageByTime(await this.keys.list(caller.projectId, limit + 1, afterTime(cursor)), limit);
    return { items: page.items.map(keyView), next: page.next };
  }

  /** Revokes a key at once; doing it twice is doing it once. */
  async revoke(caller: Caller, id: string): Promise<KeyDto> {
    const key = await this.own(caller, id);
    if (key.bootstrap) {
      throw new RequestError(
        'CONFLICT',
        'this key is SIDESCAN_ADMIN_KEY: change that variable and restart to revoke it',
      );
    }
    await this.keys.revoke(caller.projectId, id);
    return keyView(await this.own(caller, id));
  }

  private async own(caller: Caller, id: string): Promise<StoredKey> {
    const key = isId('key', id) ? await this.keys.find(id) : null;
    if (key === null || key.projectId !== caller.projectId)
      throw new RequestError('NOT_FOUND', `there is no key ${id}`);
    return key;
  }
}

function keyView(key: StoredKey): KeyDto {
  const { id, name, scopes, bootstrap, createdAt, lastUsedAt, revokedAt } = key;
  return { id, name, scopes, bootstrap, createdAt, lastUsedAt, revokedAt };
}

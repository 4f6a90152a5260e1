import { Injectable } from '@nestjs/common';
import type { Caller } from '../auth/scopes.js';
import { RequestError } from '../domain/errors.js';
import { isId } from '../domain/ids.js';
import { normalizeImage } from '../domain/image-reference.js';
import { afterTime, pageByTime, type Page } from '../edge/page.js';
import { TargetsRepository, type Target } from './targets.repository.js';

/** The targets of a project. */
@Injectable()
export class TargetsService {
  constructor(private readonly targets: TargetsRepository) {}

  async list(caller: Caller, image: string | null, limit: number, cursor: string | undefined): Promise<Page<Target>> {
    const identity = image === null ? null : `image:${normalizeImage(image)}`;
    return pageByTime(await this.targets.page(caller.projectId, identity, limit + 1, afterTime(cursor)), limit);
  }

  /** Throws NOT_FOUND for a target that does not exist or is another project's. */
  async get(caller: Caller, id: string): Promise<Target> {
    const target = isId('target', id) ? await this.targets.find(caller.projectId, id) : null;
    if (target === null) throw new RequestError('NOT_FOUND', `there is no target ${id}`);
    return target;
  }
}

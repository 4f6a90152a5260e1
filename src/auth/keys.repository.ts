import { Injectable } from '@nestjs/common';
import type { After } from '../edge/page.js';
import type { ApiKey as ApiKeyRow } from '../platform/database/generated/client.js';
import { newId } from '../domain/ids.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import type { Scope } from './scopes.js';

/** A key as it is stored: never the key itself. */
export interface StoredKey {
  id: string;
  projectId: string;
  name: string;
  hash: string;
  scopes: Scope[];
  /** It comes from SIDESCAN_ADMIN_KEY, and changes with that variable only. */
  bootstrap: boolean;
  createdAt: Date;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}

/** Made by the first migration. */
export const DEFAULT_PROJECT_ID = 'proj_00000000000000000000000000';
/** `lastUsedAt` is kept to the minute: one write a minute and key, not one a request. */
const USE_NOTED_EVERY_MS = 60_000;

@Injectable()
export class KeysRepository {
  constructor(private readonly prisma: PrismaService) {}

  async find(id: string): Promise<StoredKey | null> {
    const row = await this.prisma.apiKey.findUnique({ where: { id } });
    return row === null ? null : keyFromRow(row);
  }

  async findByHash(hash: string): Promise<StoredKey | null> {
    const row = await this.prisma.apiKey.findUnique({ where: { hash } });
    return row === null ? null : keyFromRow(row);
  }

  /** Keys of a project, newest first, revoked ones included; at most `limit` after the cursor. */
  async list(projectId: string, limit: number, after: After | null): Promise<StoredKey[]> {
    const older = after && {
      OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }],
    };
    const rows = await this.prisma.apiKey.findMany({
      where: { projectId, ...older },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: limit,
    });
    return rows.map(keyFromRow);
  }

  async create(key: Pick<StoredKey, 'id' | 'projectId' | 'name' | 'hash' | 'scopes'>): Promise<StoredKey> {
    return keyFromRow(await this.prisma.apiKey.create({ data: { ...key, scopes: [...key.scopes] } }));
  }

  /** Revokes a key of the project; a key that is revoked already stays as it is. */
  async revoke(projectId: string, id: string): Promise<void> {
    const where = { id, projectId, revokedAt: null };
    await this.prisma.apiKey.updateMany({ where, data: { revokedAt: new Date() } });
  }

  /** Notes that the key was used, at most once a minute. */
  async noteUse(key: StoredKey): Promise<void> {
    const now = Date.now();
    if (key.lastUsedAt !== null && now - key.lastUsedAt.getTime() < USE_NOTED_EVERY_MS) return;
    await this.prisma.apiKey.updateMany({ where: { id: key.id }, data: { lastUsedAt: new Date(now) } });
  }

  /** The id of the project of that name, made if there is none. */
  async projectNamed(name: string): Promise<string> {
    await this.prisma.project.createMany({ data: [{ id: newId('project'), name }], skipDuplicates: true });
    return (await this.prisma.project.findUniqueOrThrow({ where: { name } })).id;
  }

  async projectName(id: string): Promise<string> {
    return (await this.prisma.project.findUniqueOrThrow({ where: { id } })).name;
  }

  /** Makes `hash` the only bootstrap key that is valid (none with null), in one transaction: a restart with another key revokes the former. */
  async setBootstrapKey(hash: string | null, scopes: readonly Scope[]): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      const former = { bootstrap: true, revokedAt: null, ...(hash === null ? {} : { hash: { not: hash } }) };
      await tx.apiKey.updateMany({ where: former, data: { revokedAt: new Date() } });
      if (hash === null) return;
      const fresh = { id: newId('key'), projectId: DEFAULT_PROJECT_ID, name: 'SIDESCAN_ADMIN_KEY', hash };
      await tx.apiKey.createMany({ data: [{ ...fresh, bootstrap: true, scopes: [...scopes] }], skipDuplicates: true });
      await tx.apiKey.updateMany({ where: { hash, bootstrap: true }, data: { revokedAt: null, scopes: [...scopes] } });
    });
  }
}

function keyFromRow(row: ApiKeyRow): StoredKey {
  return { ...row, scopes: row.scopes as Scope[] }; // written from Scope[] only
}

import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ID_PREFIXES } from '../domain/ids.js';
import type { Profile as ProfileRow } from '../platform/database/generated/client.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import type { DeclaredInput } from './metadata/declared-inputs.js';
import type { ProfileArchive } from './profile-archive.js';

/** A profile as it is listed: its archive by content. */
export interface StoredProfile {
  id: string;
  name: string;
  version: string;
  title: string;
  digest: string;
  /** Size of the archive. */
  bytes: number;
  /** It comes with the service and is seen by every project. */
  builtIn: boolean;
  /** What its inspec.yml declares. */
  inputs: DeclaredInput[];
  createdAt: Date;
}

/** How a profile is asked for, by what is stored. */
export interface ProfileQuery {
  name?: string;
  version?: string;
  digest?: string;
}

@Injectable()
export class ProfilesRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Profiles that the project sees, by name, newest first; all of them, or those that match. */
  async visible(projectId: string, query: ProfileQuery = {}): Promise<StoredProfile[]> {
    const rows = await this.prisma.profile.findMany({
      where: { OR: [{ projectId: null }, { projectId }], ...query },
      orderBy: [{ name: 'asc' }, { createdAt: 'desc' }, { id: 'asc' }],
    });
    return rows.map(profileFromRow);
  }

  /** Where archives with this digest are in the object store: of one project, or of any. Deleted profiles that still have theirs count. */
  async storedAs(
    digest: string,
    projectId?: string,
  ): Promise<{ name: string; version: string; title: string; objectKey: string }[]> {
    const rows = await this.prisma.profile.findMany({
      where: { digest, projectId: projectId ?? { not: null }, objectKey: { not: null } },
      select: { name: true, version: true, title: true, objectKey: true },
      orderBy: { id: 'asc' },
    });
    return rows.map((row) => ({ ...row, objectKey: row.objectKey ?? '' }));
  }

  /** Makes these the built-in profiles: what an older version registered is no longer offered. Safe when several processes start at once. */
  async setBuiltIn(archives: readonly ProfileArchive[]): Promise<void> {
    const data = archives.map(({ name, version, title, digest, bytes }) => {
      return { id: builtInId(digest), projectId: null, name, version, title, digest, bytes: bytes.length };
    });
    await this.prisma.$transaction([
      this.prisma.profile.deleteMany({ where: { projectId: null, id: { notIn: data.map((row) => row.id) } } }),
      this.prisma.profile.createMany({ data, skipDuplicates: true }),
    ]);
  }
}

/** An id that follows from the digest: two processes that register the same profile write the same row. */
function builtInId(digest: string): string {
  const bytes = createHash('sha256').update(digest).digest().subarray(0, 26);
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  return `${ID_PREFIXES.profile}_${Array.from(bytes, (byte) => alphabet.charAt(byte % 32)).join('')}`;
}

function profileFromRow(row: ProfileRow): StoredProfile {
  const { projectId, inputs, ...rest } = row;
  return { ...rest, inputs: (inputs ?? []) as unknown as DeclaredInput[], builtIn: projectId === null };
}

import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ID_PREFIXES, newId } from '../domain/ids.js';
import { Prisma, type Profile as ProfileRow } from '../platform/database/generated/client.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { storableJson } from '../platform/database/storable.js';
import type { DeclaredInput } from './metadata/declared-inputs.js';
import type { ProfileArchive } from './profile-archive.js';

/** First key of the advisory locks that order what happens to one archive: an upload of it, its deletion, the removal of its object. */
const ARCHIVE_LOCK = 7_365_002;
const UNFINISHED = ['queued', 'starting', 'scanning', 'collecting'];

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
  /** Where its archive is in the object store; null for a built-in one. */
  objectKey: string | null;
  inputs: DeclaredInput[];
  createdAt: Date;
}

/** How a profile is asked for, by what is stored. */
export interface ProfileQuery {
  id?: string;
  name?: string;
  version?: string;
  digest?: string;
}

/** Where a list that is sorted by name, newest first, goes on. */
export interface AfterProfile {
  name: string;
  createdAt: Date;
  id: string;
}

/** What became of an upload. `taken`: another archive is this version of this name already, with the digest. */
export type Registered =
  { kind: 'created' | 'known'; profile: StoredProfile } | { kind: 'taken'; digest: string | null };

/** The profiles that projects see. */
@Injectable()
export class ProfilesRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Profiles that the project sees and that match, its own before built-in ones. */
  async visible(projectId: string, query: ProfileQuery = {}): Promise<StoredProfile[]> {
    const rows = await this.prisma.profile.findMany({
      where: { ...seenBy(projectId), ...query },
      orderBy: [{ projectId: { sort: 'asc', nulls: 'last' } }, { name: 'asc' }, { createdAt: 'desc' }, { id: 'desc' }],
    });
    return rows.map(profileFromRow);
  }

  /** At most `limit` profiles by name, newest first, after the place. */
  async page(
    projectId: string,
    name: string | undefined,
    limit: number,
    after: AfterProfile | null,
  ): Promise<StoredProfile[]> {
    const rows = await this.prisma.profile.findMany({
      where: { AND: [seenBy(projectId), name === undefined ? {} : { name }, after === null ? {} : behind(after)] },
      orderBy: [{ name: 'asc' }, { createdAt: 'desc' }, { id: 'desc' }],
      take: limit,
    });
    return rows.map(profileFromRow);
  }

  /** Where archives with this digest are in the object store: of one project, or of any. */
  async storedAs(
    digest: string,
    projectId?: string,
  ): Promise<(Pick<StoredProfile, 'name' | 'version' | 'title' | 'inputs'> & { objectKey: string })[]> {
    const rows = await this.prisma.profile.findMany({
      where: { digest, projectId: projectId ?? { not: null }, objectKey: { not: null }, deletedAt: null },
      orderBy: { id: 'asc' },
    });
    return rows.map(profileFromRow).flatMap(({ name, version, title, inputs, objectKey }) => {
      return objectKey === null ? [] : [{ name, version, title, inputs, objectKey }];
    });
  }

  /**
   * Makes the archive a profile of the project (again, if it was deleted), and begins its texts. `store` puts the bytes under the key before
   * the row is there; nobody else uploads, deletes or removes this archive meanwhile.
   */
  async register(
    projectId: string,
    archive: ProfileArchive,
    objectKey: string,
    store: () => Promise<void>,
  ): Promise<Registered> {
    const { name, version, title, digest, inputs } = archive;
    const own = { projectId_digest: { projectId, digest } };
    return this.locked(digest, async (tx): Promise<Registered> => {
      const known = await tx.profile.findUnique({ where: own });
      if (known !== null && known.deletedAt === null) return { kind: 'known', profile: profileFromRow(known) };
      const same = await tx.profile.findFirst({ where: { projectId, name, version, deletedAt: null } });
      if (same !== null) return { kind: 'taken', digest: same.digest };
      await store();
      const row = { name, version, title, bytes: archive.bytes.length, objectKey, inputs: storableJson(inputs) };
      const fresh = { id: newId('profile'), projectId, digest, ...row };
      const revived = { ...row, deletedAt: null, createdAt: new Date() };
      const profile = await tx.profile.upsert({ where: own, create: fresh, update: revived });
      await tx.profileText.createMany({ data: [{ digest }], skipDuplicates: true });
      return { kind: 'created', profile: profileFromRow(profile) };
    }).catch((error: unknown): Registered => {
      // Another archive became this version between the look and the write: the index of versions allows one.
      if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') {
        return { kind: 'taken', digest: null };
      }
      throw error;
    });
  }

  /** Takes the profile from the project's lists unless a scan that has not ended needs it; the ids of such scans, or null if there is none such profile. */
  async remove(projectId: string, id: string): Promise<string[] | null> {
    const found = await this.prisma.profile.findFirst({ where: { id, projectId, deletedAt: null } });
    if (found === null) return null;
    const { digest } = found;
    return this.locked(digest, async (tx) => {
      // A scan is stored with a share of this row's lock: it is either seen here, or finds the profile deleted.
      const rows = await tx.$queryRaw<unknown[]>`
        SELECT id FROM profiles WHERE id = ${id} AND deleted_at IS NULL FOR UPDATE`;
      if (rows.length === 0) return null;
      const users = await tx.scan.findMany({
        where: { projectId, profileDigest: digest, state: { in: UNFINISHED } },
        select: { id: true },
        take: 5,
      });
      if (users.length > 0) return users.map((scan) => scan.id);
      await tx.profile.update({ where: { id }, data: { deletedAt: new Date() } });
      // What was read stays for the history; what was not, or was found wrong, is read anew when somebody uploads it again.
      const others = await tx.profile.count({ where: { digest, deletedAt: null } });
      if (others === 0) await tx.profileText.deleteMany({ where: { digest, state: { not: 'ready' } } });
      return [];
    });
  }

  /** Deleted profiles whose archive is still in the object store. */
  async toSweep(): Promise<{ id: string; digest: string }[]> {
    return this.prisma.profile.findMany({
      where: { deletedAt: { not: null }, objectKey: { not: null } },
      select: { id: true, digest: true },
      take: 100,
    });
  }

  /** Has the archive of a deleted profile removed by `removeObject`, and notes that; nothing if it was uploaded again meanwhile. */
  async sweep(id: string, digest: string, removeObject: (objectKey: string) => Promise<void>): Promise<void> {
    await this.locked(digest, async (tx) => {
      const row = await tx.profile.findFirst({ where: { id, deletedAt: { not: null }, objectKey: { not: null } } });
      if (row === null || row.objectKey === null) return;
      await removeObject(row.objectKey);
      await tx.profile.update({ where: { id }, data: { objectKey: null } });
    });
  }

  /**
   * Makes these the built-in profiles, and begins their texts: what an older version registered is no longer offered. Safe when several
   * processes start at once.
   */
  async setBuiltIn(archives: readonly ProfileArchive[]): Promise<void> {
    const data = archives.map(({ name, version, title, digest, bytes, inputs }) => {
      const id = builtInId(digest);
      return { id, projectId: null, name, version, title, digest, bytes: bytes.length, inputs: storableJson(inputs) };
    });
    await this.prisma.$transaction([
      this.prisma.profile.deleteMany({ where: { projectId: null, id: { notIn: data.map((row) => row.id) } } }),
      this.prisma.profile.createMany({ data, skipDuplicates: true }),
      // A version before this one registered the same archive and kept no inputs.
      ...data.map(({ id, inputs }) => this.prisma.profile.updateMany({ where: { id }, data: { inputs } })),
      this.prisma.profileText.createMany({ data: data.map(({ digest }) => ({ digest })), skipDuplicates: true }),
    ]);
  }

  private locked<T>(digest: string, work: (tx: Prisma.TransactionClient) => Promise<T>): Promise<T> {
    return this.prisma.$transaction(async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(${ARCHIVE_LOCK}::int, hashtext(${digest}))`;
      return work(tx);
    });
  }
}

function seenBy(projectId: string): Prisma.ProfileWhereInput {
  return { OR: [{ projectId: null }, { projectId }], deletedAt: null };
}

function behind({ name, createdAt, id }: AfterProfile): Prisma.ProfileWhereInput {
  return {
    OR: [{ name: { gt: name } }, { name, createdAt: { lt: createdAt } }, { name, createdAt, id: { lt: id } }],
  };
}

/** An id that follows from the digest: two processes that register the same profile write the same row. */
function builtInId(digest: string): string {
  const bytes = createHash('sha256').update(digest).digest().subarray(0, 26);
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  return `${ID_PREFIXES.profile}_${Array.from(bytes, (byte) => alphabet.charAt(byte % 32)).join('')}`;
}

function profileFromRow(row: ProfileRow): StoredProfile {
  const { id, projectId, name, version, title, digest, bytes, objectKey, inputs, createdAt } = row;
  // The cast holds because inputs are written here alone, from the same type.
  const declared = inputs as unknown as DeclaredInput[];
  return { id, name, version, title, digest, bytes, builtIn: projectId === null, objectKey, inputs: declared, createdAt };
}

import { Injectable } from '@nestjs/common';
import type { Prisma } from '../platform/database/generated/client.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { storableJson, storableText } from '../platform/database/storable.js';
import type { KnownText } from '../results/waived-texts.js';
import type { ProfileControlText, ProfileState, ProfileText } from './profile-text.js';

/** Rows per INSERT: Postgres takes at most 65,535 parameters a statement, and a row has nine. */
const ROWS_PER_INSERT = 5_000;
/** Advisory lock around counting the pods that read and taking one more, over all workers. */
const READING_SLOTS_LOCK = 7_365_003;

export type ReadingClaim = 'claimed' | 'mine' | 'full' | 'lost';

/**
 * The texts of profiles, once per digest. Every write is guarded by digest, attempt and the state `reading`, so a late or duplicate reader
 * changes nothing and is told so.
 */
@Injectable()
export class ProfileTextsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Makes sure that the texts of this digest are known or being read; `fresh` if this call began it. */
  async begin(digest: string): Promise<{ attempt: number; fresh: boolean }> {
    const { count } = await this.prisma.profileText.createMany({ data: [{ digest }], skipDuplicates: true });
    const { attempt } = await this.prisma.profileText.findUniqueOrThrow({ where: { digest } });
    return { attempt, fresh: count === 1 };
  }

  async find(digest: string): Promise<ProfileText | null> {
    const row = await this.prisma.profileText.findUnique({
      where: { digest },
      include: { _count: { select: { controls: true } } },
    });
    if (row === null) return null;
    const { state, attempt, podName, readAt, problems, _count } = row;
    // The casts hold because the database checks the state, and `end` alone writes problems.
    return {
      digest,
      state: state as ProfileState,
      attempt,
      problems: problems as string[],
      controls: _count.controls,
      podName,
      readAt,
    };
  }

  /** How far the auditor is with these digests, by digest. */
  async among(digests: readonly string[]): Promise<Map<string, Pick<ProfileText, 'state' | 'problems' | 'controls'>>> {
    const rows = await this.prisma.profileText.findMany({
      where: { digest: { in: [...digests] } },
      include: { _count: { select: { controls: true } } },
    });
    return new Map(
      rows.map(({ digest, state, problems, _count }) => {
        return [digest, { state: state as ProfileState, problems: problems as string[], controls: _count.controls }];
      }),
    );
  }

  /** Those of the ids that are controls of the profile; null while its texts are not read. */
  async controlsAmong(digest: string, ids: readonly string[]): Promise<ReadonlySet<string> | null> {
    if ((await this.prisma.profileText.count({ where: { digest, state: 'ready' } })) === 0) return null;
    const rows = await this.prisma.profileControl.findMany({
      where: { digest, controlId: { in: ids.filter((id) => !id.includes('\0')) } },
      select: { controlId: true },
    });
    return new Set(rows.map((row) => row.controlId));
  }

  /** Archives that nobody has read to the end, oldest first: what the reconciler makes sure of. */
  async unread(): Promise<{ digest: string; attempt: number; createdAt: Date }[]> {
    return this.prisma.profileText.findMany({
      where: { state: 'reading' },
      orderBy: [{ createdAt: 'asc' }, { digest: 'asc' }],
      select: { digest: true, attempt: true, createdAt: true },
    });
  }

  /** At most `limit` controls in the profile's order, after the position. */
  async controls(
    digest: string,
    limit: number,
    after: number | null,
  ): Promise<(ProfileControlText & { position: number })[]> {
    const rows = await this.prisma.profileControl.findMany({
      where: { digest, ...(after === null ? {} : { position: { gt: after } }) },
      orderBy: { position: 'asc' },
      take: limit,
      omit: { digest: true },
    });
    return rows.map((row) => ({ ...row, tags: row.tags as Record<string, unknown>, refs: row.refs as unknown[] }));
  }

  /** What those of the ids that are controls of the profile say of themselves; none while its texts are not read. */
  async textsOf(digest: string | null, ids: readonly string[]): Promise<KnownText[]> {
    const storable = ids.filter((id) => !id.includes('\0'));
    if (digest === null || storable.length === 0) return [];
    const rows = await this.prisma.profileControl.findMany({
      where: { digest, controlId: { in: storable } },
      select: { controlId: true, title: true, impact: true, tags: true },
    });
    return rows.map((row) => ({ ...row, tags: row.tags as Record<string, unknown> }));
  }

  /** Ends the reading with the controls, in the profile's order, and what is not as it should be but keeps no scan from running. False: it changed nothing. */
  complete(
    digest: string,
    attempt: number,
    controls: readonly ProfileControlText[],
    warnings: readonly string[] = [],
  ): Promise<boolean> {
    return this.end(digest, attempt, { state: 'ready', problems: warnings, controls });
  }

  /** Ends the reading as invalid, with what the auditor found wrong and the controls that it could read all the same. False: it changed nothing. */
  refuse(
    digest: string,
    attempt: number,
    problems: readonly string[],
    controls: readonly ProfileControlText[] = [],
  ): Promise<boolean> {
    return this.end(digest, attempt, { state: 'invalid', problems, controls });
  }

  /** Takes one of `maxPods` places, over all workers, for the pod of this attempt; `mine` if it has one already. */
  async claim(digest: string, attempt: number, podName: string, maxPods: number): Promise<ReadingClaim> {
    return this.prisma.$transaction(async (tx) => {
      // Counting and taking must be one step for all workers, or two of them take the last place.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(${READING_SLOTS_LOCK})`;
      const text = await tx.profileText.findUnique({ where: { digest } });
      if (text?.state !== 'reading' || text.attempt !== attempt) return 'lost';
      if (text.podName === podName && text.podGoneAt === null) return 'mine';
      const taken = await tx.profileText.count({ where: { podName: { not: null }, podGoneAt: null } });
      if (taken >= maxPods) return 'full';
      await tx.profileText.update({ where: { digest }, data: { podName, podGoneAt: null } });
      return 'claimed';
    });
  }

  /** Begins another attempt, when the pod of this one is gone; its number, or null if this one was over already. */
  async again(digest: string, attempt: number): Promise<number | null> {
    const { count } = await this.prisma.profileText.updateMany({
      where: { digest, attempt, state: 'reading' },
      data: { attempt: attempt + 1, podName: null, podGoneAt: null },
    });
    return count === 1 ? attempt + 1 : null;
  }

  /** The pod of this attempt is known not to exist. */
  async podGone(digest: string, attempt: number): Promise<void> {
    await this.prisma.profileText.updateMany({
      where: { digest, attempt, podGoneAt: null },
      data: { podGoneAt: new Date() },
    });
  }

  /** Readings whose pod may still exist, ended ones included: what the reaper makes sure of. */
  async podsNotGone(): Promise<{ digest: string; attempt: number; state: ProfileState; podName: string }[]> {
    const rows = await this.prisma.profileText.findMany({
      where: { podName: { not: null }, podGoneAt: null },
      select: { digest: true, attempt: true, state: true, podName: true },
    });
    return rows.map((row) => ({ ...row, state: row.state as ProfileState, podName: row.podName ?? '' }));
  }

  private async end(
    digest: string,
    attempt: number,
    { state, problems, controls }: { state: ProfileState; problems: readonly string[]; controls: readonly ProfileControlText[] },
  ): Promise<boolean> {
    const rows = controls.map((control, position) => controlRow(digest, position, control));
    return this.prisma.$transaction(async (tx) => {
      const { count } = await tx.profileText.updateMany({
        where: { digest, attempt, state: 'reading' },
        data: { state, problems: storableJson(problems), readAt: new Date() },
      });
      if (count === 0) return false;
      for (let from = 0; from < rows.length; from += ROWS_PER_INSERT) {
        await tx.profileControl.createMany({ data: rows.slice(from, from + ROWS_PER_INSERT) });
      }
      return true;
    });
  }
}

function controlRow(
  digest: string,
  position: number,
  control: ProfileControlText,
): Prisma.ProfileControlCreateManyInput {
  const { controlId, title, desc, impact, tags, refs, code } = control;
  return {
    digest,
    position,
    controlId: storableText(controlId),
    title: title === null ? null : storableText(title),
    desc: desc === null ? null : storableText(desc),
    impact,
    tags: storableJson(tags),
    refs: storableJson(refs),
    code: storableText(code),
  };
}

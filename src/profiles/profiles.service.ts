import { Injectable } from '@nestjs/common';
import { rcompare } from 'semver';
import type { Caller } from '../auth/scopes.js';
import { RequestError, type Fault } from '../domain/errors.js';
import { isId } from '../domain/ids.js';
import { decodeCursor, encodeCursor, type Page } from '../edge/page.js';
import { ChangeNotifications } from '../platform/database/notifications.js';
import { ProfileArchives } from './profile-archives.js';
import type { ProfileControlText, ProfileText } from './profile-text.js';
import { ProfileTextsRepository } from './profile-texts.repository.js';
import { ProfilesRepository, type AfterProfile, type StoredProfile } from './profiles.repository.js';

/** A profile and how far the auditor is with its texts. */
export interface ProfileWithText {
  profile: StoredProfile;
  text: Pick<ProfileText, 'state' | 'problems' | 'controls'>;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const POSITION_MAX = 2 ** 31 - 1;

/** The profiles that a project may run, and what is in them. */
@Injectable()
export class ProfilesService {
  constructor(
    private readonly profiles: ProfilesRepository,
    private readonly texts: ProfileTextsRepository,
    private readonly archives: ProfileArchives,
    private readonly notifications: ChangeNotifications,
  ) {}

  async list(
    caller: Caller,
    name: string | undefined,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<ProfileWithText>> {
    const found = await this.profiles.page(caller.projectId, name, limit + 1, afterProfile(cursor));
    const page = found.slice(0, limit);
    const texts = await this.texts.among(page.map((profile) => profile.digest));
    const items = page.map((profile) => ({ profile, text: texts.get(profile.digest) ?? UNREAD }));
    const last = page.at(-1);
    const more = found.length > limit && last !== undefined;
    return { items, next: more ? encodeCursor([last.name, last.createdAt.toISOString(), last.id]) : null };
  }

  /** The profile by its id or digest; throws NOT_FOUND for one that does not exist, was deleted, or is another project's. */
  async get(caller: Caller, id: string): Promise<ProfileWithText> {
    const query = isId('profile', id) ? { id } : DIGEST.test(id) ? { digest: id } : null;
    const [profile] = query === null ? [] : await this.profiles.visible(caller.projectId, query);
    if (profile === undefined) throw new RequestError('NOT_FOUND', `there is no profile ${id}`);
    return { profile, text: (await this.texts.find(profile.digest)) ?? UNREAD };
  }

  /** The profile as soon as its texts are read or refused, or as it is after `seconds` or when the caller has gone. */
  async wait(caller: Caller, id: string, seconds: number, gone: AbortSignal): Promise<ProfileWithText> {
    const first = await this.get(caller, id);
    if (seconds <= 0 || isRead(first)) return first;
    return this.notifications.until(first.profile.digest, seconds, gone, () => this.get(caller, id), isRead);
  }

  /** A page of the texts of its controls, in the profile's order; throws NOT_READ while there are none. */
  async controls(
    caller: Caller,
    id: string,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<ProfileControlText>> {
    const after = cursor === undefined ? null : positionIn(cursor);
    const { profile, text } = await this.get(caller, id);
    // Of one that it refuses, the auditor may have read some all the same.
    if (text.state !== 'ready' && text.controls === 0) {
      const why = text.state === 'reading' ? 'its texts are being read' : 'the auditor cannot read it';
      throw new RequestError('NOT_READ', `the profile ${id} has no controls: ${why}`);
    }
    const found = await this.texts.controls(profile.digest, limit + 1, after);
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return { items, next: found.length > limit && last ? encodeCursor([last.position]) : null };
  }

  /** The bytes of its archive; throws UNAVAILABLE if the store does not give them. */
  async content(profile: StoredProfile): Promise<Buffer> {
    const bytes = await this.archives.bytesOf(profile.digest);
    if (bytes === null) throw new RequestError('UNAVAILABLE', `the archive of the profile ${profile.id} is not there`);
    return bytes;
  }

  /** The profile that a scan would run by this choice: the newest version where none is named. Null for a ConfigMap, and if there is none such. */
  async chosen(projectId: string, choice: unknown): Promise<StoredProfile | null> {
    const { name, version, digest } = isRecord(choice) ? choice : {};
    if (typeof name === 'string') {
      const versions = storable(name) ? await this.profiles.visible(projectId, { name }) : [];
      const named = typeof version === 'string' ? versions.filter((profile) => profile.version === version) : versions;
      return newest(named);
    }
    if (typeof digest !== 'string' || !storable(digest)) return null;
    return (await this.profiles.visible(projectId, { digest }))[0] ?? null;
  }

  /** What is wrong with the choice of a profile. A ConfigMap is read when the scan runs, in the cluster's terms. */
  async choiceFaults(projectId: string, choice: unknown): Promise<Fault[]> {
    const chosen = await this.chosen(projectId, choice);
    if (chosen !== null) return this.textFaults(chosen);
    const { name, version, digest } = isRecord(choice) ? choice : {};
    if (typeof name === 'string') return this.nameFaults(projectId, name, version);
    if (typeof digest !== 'string' || !storable(digest)) return [];
    return [{ pointer: '/profile/digest', detail: 'is the digest of no profile that the service has' }];
  }

  /** One whose texts are still being read may be fine: the scan says so itself if it is not. */
  private async textFaults({ name, version, digest }: StoredProfile): Promise<Fault[]> {
    const text = await this.texts.find(digest);
    if (text?.state !== 'invalid') return [];
    const problems = text.problems.join('; ').slice(0, 2_000);
    return [{ pointer: '/profile', detail: `cannot run: the auditor refuses ${name} ${version}: ${problems}` }];
  }

  private async nameFaults(projectId: string, name: string, version: unknown): Promise<Fault[]> {
    const versions = storable(name) ? await this.profiles.visible(projectId, { name }) : [];
    if (versions.length === 0) {
      const all = await this.profiles.visible(projectId);
      const names = [...new Set(all.map((profile) => profile.name))].sort().slice(0, 20).join(', ');
      return [{ pointer: '/profile/name', detail: `is no profile that the service has; there is: ${names || 'none'}` }];
    }
    if (typeof version !== 'string') return [];
    const known = versions.map((profile) => profile.version).sort(rcompare).slice(0, 20).join(', ');
    return [
      { pointer: '/profile/version', detail: `is no version of ${name} that the service has; there is: ${known}` },
    ];
  }
}

/** What is said of a profile whose texts nobody has begun: another version's built-in one. */
const UNREAD: ProfileWithText['text'] = { state: 'reading', problems: [], controls: 0 };

function isRead({ text }: ProfileWithText): boolean {
  return text.state !== 'reading';
}

/** By precedence of semantic versions, whenever it was uploaded; a project's own one comes before a built-in one. */
function newest(profiles: readonly StoredProfile[]): StoredProfile | null {
  const own = profiles.filter((profile) => !profile.builtIn);
  const among = own.length > 0 ? own : profiles;
  return [...among].sort((a, b) => rcompare(a.version, b.version))[0] ?? null;
}

function afterProfile(cursor: string | undefined): AfterProfile | null {
  if (cursor === undefined) return null;
  const [name, createdAt, id] = decodeCursor(cursor, ['string', 'date', 'string']);
  return { name: String(name), createdAt: new Date(String(createdAt)), id: String(id) };
}

function positionIn(cursor: string): number {
  const position = Number(decodeCursor(cursor, ['number'])[0]);
  if (Number.isInteger(position) && position >= 0 && position <= POSITION_MAX) return position;
  throw new RequestError('INVALID', 'the cursor is not one of this list', [
    { parameter: 'cursor', detail: 'is not a cursor that this list gave out' },
  ]);
}

/** Postgres takes no U+0000, so nothing with it is stored. */
function storable(text: string): boolean {
  return !text.includes('\0');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

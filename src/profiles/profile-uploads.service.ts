import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { Caller } from '../auth/scopes.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import { RequestError } from '../domain/errors.js';
import { invalid } from '../edge/check.pipe.js';
import { JobQueue } from '../ports/job-queue.js';
import { ObjectStore } from '../ports/object-store.js';
import { filesDigest } from './archive/profile-files.js';
import type { ProfileArchive } from './profile-archive.js';
import { profileObjectKey } from './profile-object-key.js';
import { ProfileTextsRepository } from './profile-texts.repository.js';
import { readUpload } from './profile-upload.js';
import { ProfilesRepository, type StoredProfile } from './profiles.repository.js';
import { ProfilesService } from './profiles.service.js';
import { Turns } from '../reports/turns.js';

/** Archives that are unpacked and stored at a time: each may take the memory of all that is in it. */
const AT_ONCE = 2;
/** So many uploads wait for their turn, their bodies in memory; more are sent away. */
const WAITING_MAX = 20;

/** Profiles come and go. */
@Injectable()
export class ProfileUploadsService implements OnApplicationBootstrap {
  private readonly logger = new Logger(ProfileUploadsService.name);
  private readonly turns = new Turns(AT_ONCE, WAITING_MAX);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly service: ProfilesService,
    private readonly profiles: ProfilesRepository,
    private readonly texts: ProfileTextsRepository,
    private readonly store: ObjectStore,
    private readonly queue: JobQueue,
  ) {}

  /** What another process did not get to. */
  onApplicationBootstrap(): void {
    void this.sweep();
  }

  /**
   * Checks the archive, keeps it and has it read; `created` is false if the project has it already, or has the same files packed otherwise.
   * Throws INVALID with all that is wrong with it, and CONFLICT for a name that is the service's own or a version that has other files.
   */
  async upload(caller: Caller, archive: Buffer): Promise<{ profile: StoredProfile; created: boolean }> {
    const uploaded = await this.turns.take(() => this.keep(caller, archive));
    if (uploaded === null) throw new RequestError('UNAVAILABLE', 'too many profiles are being uploaded at once');
    return uploaded;
  }

  /** Takes the profile from the lists; throws NOT_FOUND, and CONFLICT for a built-in one and while a scan that has not ended needs it. */
  async remove(caller: Caller, id: string): Promise<void> {
    const { profile } = await this.service.get(caller, id);
    if (profile.builtIn) {
      throw new RequestError('CONFLICT', `the profile ${profile.name} comes with the service and cannot be deleted`);
    }
    const users = await this.profiles.remove(caller.projectId, profile.id);
    if (users === null) throw new RequestError('NOT_FOUND', `there is no profile ${id}`);
    if (users.length > 0) {
      throw new RequestError('CONFLICT', `scans that have not ended need the profile: ${users.join(', ')}`);
    }
    await this.sweep();
  }

  private async keep(caller: Caller, archive: Buffer): Promise<{ profile: StoredProfile; created: boolean }> {
    const read = await readUpload(archive, this.config.limits.profile, this.config.auditorVersion);
    if (Array.isArray(read)) throw invalid(read);
    await this.refuseBuiltIn(caller, read);
    const key = profileObjectKey(caller.projectId, read.digest);
    const registered = await this.profiles.register(caller.projectId, read, key, () => this.put(key, read));
    if (registered.kind === 'taken') return { profile: await this.sameFiles(caller, read), created: false };
    await this.enqueue(read.digest);
    return { profile: registered.profile, created: registered.kind === 'created' };
  }

  /** The profile that has this version, if its files are those of the archive: who packs anew gets other bytes of it. Throws CONFLICT. */
  private async sameFiles(caller: Caller, uploaded: ProfileArchive): Promise<StoredProfile> {
    const { name, version, bytes } = uploaded;
    const [known] = await this.profiles.visible(caller.projectId, { name, version });
    if (known === undefined) throw takenVersion(uploaded, null);
    try {
      const { profile: limits } = this.config.limits;
      const stored = await filesDigest(await this.service.content(known), limits);
      if (stored === (await filesDigest(Buffer.from(bytes), limits))) return known;
    } catch (error) {
      // What cannot be compared is taken for another one.
      this.logger.warn(`the archive of ${known.id} could not be compared: ${String(error)}`);
    }
    throw takenVersion(uploaded, known.digest);
  }

  private async refuseBuiltIn(caller: Caller, { name }: ProfileArchive): Promise<void> {
    const named = await this.profiles.visible(caller.projectId, { name });
    if (named.some((profile) => profile.builtIn)) {
      throw new RequestError('CONFLICT', `${name} is the name of a profile that comes with the service; choose another`);
    }
  }

  private async put(key: string, { bytes }: ProfileArchive): Promise<void> {
    try {
      await this.store.put(key, bytes, 'application/gzip');
    } catch (error) {
      this.logger.error(error);
      throw new RequestError('UNAVAILABLE', 'the object store does not take the archive');
    }
  }

  /** Has the texts read; a queue that is down loses nothing, because the reconciler re-queues what is unread. */
  private async enqueue(digest: string): Promise<void> {
    const text = await this.texts.find(digest);
    if (text?.state !== 'reading') return;
    try {
      await this.queue.add('profile.read', { digest, attempt: text.attempt });
    } catch (error) {
      this.logger.warn(`profile.read of ${digest} could not be queued, the reconciler will do it: ${String(error)}`);
    }
  }

  /** Removes the archives of deleted profiles; one that cannot be removed now is removed by the next who comes by. */
  private async sweep(): Promise<void> {
    try {
      for (const { id, digest } of await this.profiles.toSweep()) {
        await this.profiles.sweep(id, digest, (key) => this.store.remove(key));
      }
    } catch (error) {
      this.logger.warn(`an archive of a deleted profile stays for now: ${String(error)}`);
    }
  }
}

function takenVersion({ name, version, digest }: ProfileArchive, other: string | null): RequestError {
  const whose = other === null ? 'other files' : `other files (${other})`;
  return new RequestError(
    'CONFLICT',
    `${name} ${version} exists with ${whose}; this archive is ${digest}: give it another version in inspec.yml`,
  );
}

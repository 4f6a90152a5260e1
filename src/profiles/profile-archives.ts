import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import { ObjectStore } from '../ports/object-store.js';
import type { Scan } from '../scans/scan.js';
import { BuiltInProfiles } from './built-in-profiles.js';
import { digestOf, type ProfileArchive } from './profile-archive.js';
import { ProfilesRepository } from './profiles.repository.js';

/** The store gives other bytes than those that were uploaded: nothing may run them. */
export class ArchiveChanged extends Error {}

/** Where the archives of profiles come from: this package's own files, or the object store. */
@Injectable()
export class ProfileArchives {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly builtIn: BuiltInProfiles,
    private readonly profiles: ProfilesRepository,
    private readonly store: ObjectStore,
  ) {}

  /**
   * The archive of the profile that a scan names; null if there is none such, and for a profile in a ConfigMap. An uploaded profile is chosen
   * when the scan is submitted, so its scan has the digest; a built-in one by name may be another version's that this process has not.
   * Throws ArchiveChanged.
   */
  async archiveOf(scan: Pick<Scan, 'projectId' | 'profile'>): Promise<ProfileArchive | null> {
    const { name, version, digest, configMap } = scan.profile;
    if (configMap !== null) return null;
    const archives = await this.builtIn.archives();
    // A second attempt knows name, version and digest of the first: the digest is the exact one of them.
    const found = archives.find((archive) =>
      digest === null
        ? archive.name === name && (version === null || archive.version === version)
        : archive.digest === digest,
    );
    if (found !== undefined || digest === null) return found ?? null;
    const [stored] = await this.profiles.storedAs(digest, scan.projectId);
    if (stored === undefined) return null;
    const { objectKey, ...metadata } = stored;
    const bytes = await this.bytesAt(objectKey, digest);
    return bytes && { ...metadata, digest, bytes };
  }

  /** The bytes with this digest, whoever uploaded them; null if nobody has them any more. Throws ArchiveChanged. */
  async bytesOf(digest: string): Promise<Buffer | null> {
    const archives = await this.builtIn.archives();
    const found = archives.find((archive) => archive.digest === digest);
    if (found !== undefined) return Buffer.from(found.bytes);
    for (const { objectKey } of await this.profiles.storedAs(digest)) {
      const bytes = await this.bytesAt(objectKey, digest);
      if (bytes !== null) return bytes;
    }
    return null;
  }

  private async bytesAt(objectKey: string, digest: string): Promise<Buffer | null> {
    const bytes = await this.store.get(objectKey, this.config.limits.profile.archiveBytes);
    if (bytes === null) return null;
    const found = digestOf(bytes);
    if (found !== digest) throw new ArchiveChanged(`the object ${objectKey} has the digest ${found}: it was changed`);
    return Buffer.from(bytes);
  }
}

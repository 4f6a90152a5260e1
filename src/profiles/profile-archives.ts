import { Injectable } from '@nestjs/common';
import type { Scan } from '../scans/scan.js';
import { BuiltInProfiles } from './built-in-profiles.js';
import type { ProfileArchive } from './profile-archive.js';

/** Where the worker gets the archive of a scan's profile. */
@Injectable()
export class ProfileArchives {
  constructor(private readonly builtIn: BuiltInProfiles) {}

  /** The archive of a profile by name, name and version, or digest; null if this version has none such, and for a profile in a ConfigMap. */
  async archiveOf(scan: Pick<Scan, 'profile'>): Promise<ProfileArchive | null> {
    const { name, version, digest, configMap } = scan.profile;
    if (configMap !== null) return null;
    const archives = await this.builtIn.archives();
    // A second attempt knows name, version and digest of the first: the digest is the exact one of them.
    const found = archives.find((archive) =>
      digest === null
        ? archive.name === name && (version === null || archive.version === version)
        : archive.digest === digest,
    );
    return found ?? null;
  }
}

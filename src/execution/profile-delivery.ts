import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PodRuntime } from '../ports/pod-runtime.js';
import type { ProfileArchive } from '../profiles/profile-archive.js';
import { ArchiveChanged, ProfileArchives } from '../profiles/profile-archives.js';
import { ScansRepository } from '../scans/scans.repository.js';
import type { Scan } from '../scans/scan.js';
import { partsOf, type DeliveredProfile } from './profile-volume.js';
import { failScan } from './scan-failed.error.js';

const LABELS = { 'app.kubernetes.io/managed-by': 'sidescan', 'app.kubernetes.io/component': 'profile' };

/** Brings the profile of a scan to where its pod can mount it. */
@Injectable()
export class ProfileDelivery {
  constructor(
    private readonly archives: ProfileArchives,
    private readonly runtime: PodRuntime,
    private readonly scans: ScansRepository,
  ) {}

  /** Delivers the profile, as often as asked; throws ScanFailed PROFILE_NOT_FOUND or PROFILE_INVALID. */
  async deliver(scan: Scan): Promise<DeliveredProfile> {
    const { configMap, name, version, digest } = scan.profile;
    if (configMap !== null) return this.#ofUser(configMap);
    const archive = await this.archives.archiveOf(scan).catch(refuseChanged);
    if (!archive) {
      const asked = digest ?? [name, version].filter(Boolean).join(' ');
      throw failScan('PROFILE_NOT_FOUND', `There is no profile ${asked}`);
    }
    // Recorded before it is provided: a second attempt then runs the very same bytes.
    await this.scans.recordProfile(scan.id, scan.attempt, archive);
    return this.provide(archive);
  }

  /** Puts the archive where pods can mount it; throws what the engine says. */
  async provide(archive: Pick<ProfileArchive, 'digest' | 'bytes'>): Promise<DeliveredProfile> {
    const packed = partsOf(archive);
    for (const { configMap, key, bytes } of packed) {
      await this.runtime.provide({ name: configMap, labels: LABELS, files: { [key]: bytes } });
    }
    return { digest: archive.digest, parts: packed.map(({ configMap, key }) => ({ configMap, key })) };
  }

  async #ofUser(configMap: string): Promise<DeliveredProfile> {
    const files = await this.runtime.readFiles(configMap);
    if (!files) throw failScan('PROFILE_NOT_FOUND', `There is no ConfigMap ${configMap} in the namespace of the scans`);
    const keys = Object.keys(files).filter((key) => key.endsWith('.tar.gz'));
    const [key] = keys;
    if (key === undefined || keys.length > 1) {
      const found = keys.length === 0 ? 'none' : keys.join(', ');
      throw failScan(
        'PROFILE_INVALID',
        `The ConfigMap ${configMap} must have exactly one key that ends in .tar.gz; it has ${found}`,
      );
    }
    const digest = createHash('sha256')
      .update(files[key] ?? Buffer.alloc(0))
      .digest('hex');
    return { digest: `sha256:${digest}`, parts: [{ configMap, key }] };
  }
}

/** Trying again would give the same bytes; everything else that the store says may pass. */
function refuseChanged(error: unknown): never {
  throw error instanceof ArchiveChanged ? failScan('PROFILE_INVALID', error.message) : error;
}

import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PodRuntime } from '../ports/pod-runtime.js';
import type { ProfileArchive } from '../profiles/profile-archive.js';
import { ProfileArchives } from '../profiles/profile-archives.js';
import { ScansRepository } from '../scans/scans.repository.js';
import type { Scan } from '../scans/scan.js';
import { failScan } from './scan-failed.error.js';

/** Where the pod finds the archive of its profile, and the digest of the archive's bytes. */
export interface DeliveredProfile {
  configMap: string;
  key: string;
  digest: string;
}

/** A ConfigMap holds 1 MiB, keys and metadata included. */
const MAX_ARCHIVE_BYTES = 1_000_000;
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
    const archive = await this.archives.archiveOf(scan);
    if (!archive) {
      const asked = digest ?? [name, version].filter(Boolean).join(' ');
      throw failScan('PROFILE_NOT_FOUND', `There is no profile ${asked}`);
    }
    // Recorded before it is provided: a second attempt then runs the very same bytes.
    await this.scans.recordProfile(scan.id, scan.attempt, archive);
    return this.#provided(archive);
  }

  async #provided(archive: ProfileArchive): Promise<DeliveredProfile> {
    const { name, version, digest, bytes } = archive;
    if (bytes.length > MAX_ARCHIVE_BYTES) {
      throw failScan(
        'PROFILE_INVALID',
        `The archive of ${name} ${version} has ${bytes.length} bytes; a ConfigMap holds ${MAX_ARCHIVE_BYTES}`,
      );
    }
    const configMap = `profile-${digest.replace(/^sha256:/, '').slice(0, 32)}`;
    const key = `${name.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 200)}.tar.gz`;
    await this.runtime.provide({ name: configMap, labels: LABELS, files: { [key]: bytes } });
    return { configMap, key, digest };
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
    return { configMap, key, digest: `sha256:${digest}` };
  }
}

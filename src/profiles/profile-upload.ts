import type { ProfileLimits } from '../config/config.js';
import type { Fault } from '../domain/errors.js';
import { ArchiveRefused } from './archive/archive-refused.error.js';
import { readProfileFiles } from './archive/profile-files.js';
import { repack } from './archive/repack.js';
import { profileMetadata } from './metadata/profile-metadata.js';
import { digestOf, type ProfileArchive } from './profile-archive.js';

/**
 * Checks an uploaded archive and answers what is to be kept of it for an auditor of this version: a tar.gz byte for byte, a zip as a tar.gz with the same files.
 * The answer is every fault that was found, if there is one.
 */
export async function readUpload(
  archive: Buffer,
  limits: ProfileLimits,
  auditor: string,
): Promise<ProfileArchive | Fault[]> {
  try {
    const { format, files } = await readProfileFiles(archive, limits);
    const { metadata, faults } = profileMetadata(files, auditor);
    if (faults.length > 0) return faults;
    const bytes = format === 'zip' ? await repack(contents(files)) : archive;
    if (bytes.length > limits.archiveBytes) {
      return [{ detail: `has ${bytes.length} bytes as a tar.gz; an archive may have ${limits.archiveBytes}` }];
    }
    return { ...metadata, digest: digestOf(bytes), bytes };
  } catch (error) {
    if (error instanceof ArchiveRefused) return [...error.faults];
    throw error;
  }
}

function contents(files: ReadonlyMap<string, Buffer | null>): Map<string, Uint8Array> {
  return new Map([...files].flatMap(([name, bytes]) => (bytes === null ? [] : [[name, bytes]])));
}

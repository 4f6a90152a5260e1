import { createHash } from 'node:crypto';
import type { ProfileLimits } from '../../config/config.js';
import { ArchiveRefused, refuse } from './archive-refused.error.js';
import { EntryBook } from './entry-book.js';
import { MAC_HINT } from './entry-name.js';
import { gunzipOne } from './gzip-member.js';
import { readTar } from './tar-reader.js';
import { readZip } from './zip-reader.js';

/** The files of an uploaded profile, by their path in the profile. */
export interface ProfileFiles {
  format: 'tar.gz' | 'zip';
  /** The bytes of all files of a zip; of a tar.gz, which is kept as it is, only of those that are looked into. */
  files: ReadonlyMap<string, Buffer | null>;
}

/** What is looked into, at the root or in a folder there. */
const LOOKED_INTO = /^([^/]+\/)?inspec\.(yml|lock)$/;
const isLookedInto = (name: string): boolean => LOOKED_INTO.test(name);

/**
 * Reads an uploaded archive, told apart by its first bytes, within the limits; throws ArchiveRefused with all that is wrong with it. Of a tar.gz
 * it keeps the bytes of the files that `keeps` names.
 */
export async function readProfileFiles(
  archive: Buffer,
  limits: ProfileLimits,
  keeps: (name: string) => boolean = isLookedInto,
): Promise<ProfileFiles> {
  const format = formatOf(archive);
  const book = new EntryBook(limits);
  if (format === 'zip') await readZip(archive, book);
  else await readTarGz(archive, book, keeps);
  const root = rootOf([...book.files.keys()]);
  if (root === null) {
    const elsewhere = 'has no inspec.yml, neither at its root nor in the only folder there';
    // A Mac's `._mine` beside `mine/`: for the auditor there is a second entry at the root, and so no folder that holds all.
    const mac = [...book.files.keys()].find((name) => /^\._[^/]*$/.test(name));
    if (mac !== undefined) book.fault(mac, `is a file that a Mac keeps attributes in: ${MAC_HINT}`);
    throw new ArchiveRefused([...book.faults, { detail: elsewhere }]);
  }
  if (book.faults.length > 0) throw new ArchiveRefused(book.faults);
  return { format, files: new Map([...book.files].map(([name, bytes]) => [name.slice(root.length), bytes])) };
}

async function readTarGz(archive: Buffer, book: EntryBook, keeps: (name: string) => boolean): Promise<void> {
  const chunks = gunzipOne(archive);
  try {
    await readTar(chunks, book, keeps);
  } finally {
    await chunks.return(); // stops unpacking what nobody reads on
  }
}

function formatOf(archive: Buffer): 'tar.gz' | 'zip' {
  if (archive.length === 0) throw refuse('is empty: send the archive of a profile as the body');
  const magic = archive.toString('latin1', 0, 4);
  if (magic.startsWith('\x1f\x8b')) return 'tar.gz';
  if (magic === 'PK\x03\x04' || magic === 'PK\x05\x06') return 'zip';
  if (archive.toString('latin1', 257, 262) === 'ustar') {
    throw refuse('is a tar that is not compressed; send it as tar.gz (`gzip -n profile.tar`)');
  }
  throw refuse('is neither a tar.gz nor a zip');
}

/** The folder that holds the profile: the root, or the only folder there (as GitHub packs it); null if there is no inspec.yml. */
function rootOf(names: readonly string[]): string | null {
  if (names.includes('inspec.yml')) return '';
  const [first = ''] = names;
  const top = first.slice(0, first.indexOf('/') + 1);
  const isOnly = top !== '' && names.every((name) => name.startsWith(top));
  return isOnly && names.includes(`${top}inspec.yml`) ? top : null;
}

/** SHA-256 in hex of the files of an archive, by name and content: the same for every archive of them, whatever packed it. Throws ArchiveRefused. */
export async function filesDigest(archive: Buffer, limits: ProfileLimits): Promise<string> {
  const { files } = await readProfileFiles(archive, limits, () => true);
  const hash = createHash('sha256');
  for (const [name, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, bytes?.length])).update(bytes ?? '');
  }
  return hash.digest('hex');
}

import { crc32 } from 'node:zlib';
import { fromBufferPromise, type Entry, type ZipFile } from 'yauzl';
import { ArchiveRefused, refuse } from './archive-refused.error.js';
import type { EntryBook } from './entry-book.js';
import { auditorReads, fitsUstar, shown } from './entry-name.js';

const FOLDER = 0o040000;
const KIND_MASK = 0o170000;
const KINDS: Readonly<Record<number, string>> = {
  0o120000: 'is a symbolic link',
  0o060000: 'is a device',
  0o020000: 'is a device',
  0o010000: 'is a named pipe',
  0o140000: 'is a socket',
};
/** Sizes and checksum stand behind the data, and not in the local header. */
const DESCRIPTOR_FLAG = 8;
/** The size stands in an extra field (zip64). */
const ELSEWHERE = 0xffffffff;
/** Programs of Windows (MS-DOS, NTFS, VFAT), by the upper byte of "version made by": some write backslashes, against the format's own rule. */
const WINDOWS: readonly number[] = [0, 10, 14];
/** What a Mac puts beside the files. */
const BESIDE = /^__MACOSX\//;

/** Enters all of a zip into the book, with the bytes of every file; throws ArchiveRefused. */
export async function readZip(zip: Buffer, book: EntryBook): Promise<void> {
  try {
    // Names stay bytes: without the flag for UTF-8 they would be read as those of DOS, and most archivers on Unix do not set it.
    const file = await fromBufferPromise(zip, { lazyEntries: true, decodeStrings: false, validateEntrySizes: true });
    if (file.entryCount > book.limits.entries) book.stop(`has more than ${book.limits.entries} entries`);
    for await (const entry of file.eachEntry()) await readEntry(file, entry, book);
  } catch (error) {
    if (error instanceof ArchiveRefused) throw error;
    throw new ArchiveRefused([...book.faults, ...refuse(`is damaged: ${messageOf(error)}`).faults]);
  }
}

async function readEntry(file: ZipFile, entry: Entry, book: EntryBook): Promise<void> {
  const raw = pathOf(entry);
  const label = shown(raw.toString('utf8'));
  const kind = (entry.externalFileAttributes >>> 16) & KIND_MASK;
  if (BESIDE.test(label)) {
    book.countEntry();
    return;
  }
  const what = KINDS[kind] ?? (entry.isEncrypted() ? 'is encrypted' : null) ?? methodFault(entry);
  if (what !== null) {
    book.countEntry();
    book.fault(label, what);
    return;
  }
  if (raw.at(-1) === 0x2f || kind === FOLDER) {
    book.enter(raw, 'folder', 0);
    return;
  }
  const name = book.enter(raw, 'file', entry.uncompressedSize);
  const mismatch = await localFault(file, entry);
  if (mismatch !== null) book.fault(label, mismatch);
  if (name === null || mismatch !== null || entry.uncompressedSize > book.limits.fileBytes) return;
  if (auditorReads(name) && !fitsUstar(name)) {
    book.fault(label, 'has a name too long for the auditor: 100 bytes, and 155 more for the folders above');
    return;
  }
  const bytes = await contentOf(file, entry, book, label);
  if (bytes !== null) book.files.set(name, bytes);
}

/** The name with slashes. On Unix a backslash is a letter of the name, and refused as such. */
function pathOf({ fileNameRaw: raw, versionMadeBy }: Entry): Buffer {
  return WINDOWS.includes(versionMadeBy >>> 8) ? Buffer.from(raw.map((byte) => (byte === 0x5c ? 0x2f : byte))) : raw;
}

function methodFault({ compressionMethod }: Entry): string | null {
  const known = compressionMethod === 0 || compressionMethod === 8;
  return known ? null : `is compressed by the method ${compressionMethod}; stored and deflated are read`;
}

/** A zip says everything twice; where the two differ, one program reads another archive than the next. */
async function localFault(file: ZipFile, entry: Entry): Promise<string | null> {
  const local = await file.readLocalFileHeaderPromise(entry);
  if (!local.fileName.equals(entry.fileNameRaw)) return 'has another name in its local header';
  if (local.compressionMethod !== entry.compressionMethod) return 'has another compression in its local header';
  if (local.generalPurposeBitFlag & 1) return 'is encrypted';
  const isElsewhere = (size: number): boolean => size === ELSEWHERE;
  const differs = (there: number, here: number): boolean => there !== here && !isElsewhere(there);
  // With sizes behind the data, the local header has zeros (or, of some archivers, the truth).
  const late = (local.generalPurposeBitFlag & DESCRIPTOR_FLAG) !== 0;
  const isBlank = local.crc32 === 0 && local.compressedSize === 0 && local.uncompressedSize === 0;
  if (late && (isBlank || isElsewhere(local.compressedSize))) return null;
  if (local.crc32 !== entry.crc32) return 'has another checksum in its local header';
  const size = differs(local.compressedSize, entry.compressedSize);
  return size || differs(local.uncompressedSize, entry.uncompressedSize) ? 'has another size in its local header' : null;
}

async function contentOf(file: ZipFile, entry: Entry, book: EntryBook, label: string): Promise<Buffer | null> {
  try {
    const chunks: Buffer[] = [];
    let sum = 0;
    // The reader itself fails as soon as there is more or less than the size that was counted.
    for await (const chunk of (await file.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      sum = crc32(chunk, sum);
    }
    if (sum === entry.crc32) return Buffer.concat(chunks);
    book.fault(label, 'is damaged: its checksum is another one');
  } catch (error) {
    book.fault(label, `is damaged: ${messageOf(error)}`);
  }
  return null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

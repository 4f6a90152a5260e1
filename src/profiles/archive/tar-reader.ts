import { ByteReader } from './byte-reader.js';
import type { EntryBook } from './entry-book.js';
import { auditorReads, shown } from './entry-name.js';
import { isZero, TAR_BLOCK, tarHeader, type TarHeader } from './tar-header.js';

/** Archivers fill their last record with zeros: GNU tar to 10 KiB, at most 1 MiB with its largest blocking factor in use. */
const PADDING_MAX = 1024 * 1024;
const EXTENDED_MAX = 64 * 1024;
/** Records of an extended header (pax) that say where an entry's bytes are: the auditor does not read them, so it would see other bytes. */
const MEANINGFUL = /^\d+ (linkpath|size|GNU\.sparse\.[a-z]+)=/m;
const PATH = /^\d+ path=(.*)$/m;
const LONG = 'has a name that the auditor does not read, longer than 100 bytes: use `tar --format=ustar` or `inspec archive`';
const REFUSED: Readonly<Record<string, string>> = {
  '1': 'is a hard link',
  '2': 'is a symbolic link',
  '3': 'is a device',
  '4': 'is a device',
  '6': 'is a named pipe',
  S: 'is a sparse file',
  '\0': 'is in the tar format of before 1988, which the auditor does not read: use `tar --format=ustar` or `inspec archive`',
};

/**
 * Enters all of a tar into the book, and keeps the bytes of the files that `keeps` names. It reads as the auditor's own reader does (RubyGems
 * of Ruby 3.1) and refuses what that one would see otherwise; throws ArchiveRefused.
 */
export async function readTar(
  chunks: AsyncIterator<Buffer, void>,
  book: EntryBook,
  keeps: (name: string) => boolean,
): Promise<void> {
  const reader = new ByteReader(chunks);
  let longName: Buffer | null = null;
  for (let last = ''; ; ) {
    const block = await reader.take(TAR_BLOCK);
    if (block.length < TAR_BLOCK) book.stop(last === '' ? 'is no tar' : 'is cut off: the tar has no end');
    if (isZero(block)) return readEnd(reader, book);
    const header = tarHeader(block);
    if (typeof header === 'string') {
      book.stop(last === '' ? 'is no tar' : `is damaged: the header after ${last} ${header}`);
    }
    last = shown((longName ?? header.name).toString('utf8'));
    if ('xgLK'.includes(header.type)) longName = (await readExtension(header, reader, book, last)) ?? longName;
    else {
      await readEntry(header, longName, reader, book, keeps);
      longName = null;
    }
    if (!(await reader.skip(paddingOf(header.size)))) book.stop(`is cut off in ${last}`);
  }
}

/** Reads what stands before an entry and is about it (pax, or GNU tar's own): its name, if it is said there. */
async function readExtension(
  { type, size }: TarHeader,
  reader: ByteReader,
  book: EntryBook,
  label: string,
): Promise<Buffer | null> {
  book.countEntry();
  if (size > EXTENDED_MAX) book.stop(`has an extended header of ${size} bytes before ${label}`);
  const bytes = await reader.take(size);
  if (bytes.length < size) book.stop(`is cut off in ${label}`);
  if (type === 'L') return bytes.subarray(0, bytes.indexOf(0) === -1 ? size : bytes.indexOf(0));
  if (type === 'K') return null;
  const records = bytes.toString('latin1');
  const [, record] = MEANINGFUL.exec(records) ?? [];
  if (record !== undefined) book.fault(label, `says its ${record} in an extended header (pax), which the auditor does not read`);
  const [, path] = PATH.exec(records) ?? [];
  return path === undefined ? null : Buffer.from(path, 'latin1');
}

async function readEntry(
  { name: shortName, type, size }: TarHeader,
  longName: Buffer | null,
  reader: ByteReader,
  book: EntryBook,
  keeps: (name: string) => boolean,
): Promise<void> {
  const name = longName ?? shortName;
  const label = shown(name.toString('utf8'));
  if (type === '0') {
    const entered = book.enter(name, 'file', size);
    // The auditor sees the first 100 bytes of it: a control whose name loses its end would not be run, without a word.
    const isOther = longName !== null && !longName.equals(shortName);
    if (entered !== null && isOther && auditorReads(entered)) book.fault(label, LONG);
    const wanted = entered !== null && size <= book.limits.fileBytes && keeps(entered);
    const bytes = wanted ? await reader.take(size) : null;
    const whole = bytes === null ? await reader.skip(size) : bytes.length === size;
    if (!whole) book.stop(`is cut off in ${label}`);
    if (entered !== null && bytes !== null) book.files.set(entered, bytes);
    return;
  }
  if (type === '5') book.enter(name, 'folder', 0);
  else {
    book.countEntry();
    book.fault(label, REFUSED[type] ?? `is of the unknown kind ${JSON.stringify(type)}`);
  }
  if (size > book.limits.unpackedBytes) book.stop(`is damaged: ${label} says that it has ${size} bytes`);
  if (!(await reader.skip(size))) book.stop(`is cut off in ${label}`);
}

/** What comes after the first block of zeros may only be more of them; the stream is read to its end, so that its checksum is checked. */
async function readEnd(reader: ByteReader, book: EntryBook): Promise<void> {
  for (let read = 0; ; ) {
    const part = await reader.next(TAR_BLOCK * 128);
    if (part === null) return;
    read += part.length;
    if (!isZero(part)) book.stop('has more after the end of its tar');
    if (read > PADDING_MAX) book.stop(`has more than ${PADDING_MAX} bytes of zeros after the end of its tar`);
  }
}

function paddingOf(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
}

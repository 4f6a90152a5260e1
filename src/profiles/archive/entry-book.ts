import type { ProfileLimits } from '../../config/config.js';
import type { Fault } from '../../domain/errors.js';
import { ArchiveRefused } from './archive-refused.error.js';
import { macFault, nameFault, plainName, shown, utf8 } from './entry-name.js';

/** So many faults are told; an archive with more is not read on. */
const FAULTS_MAX = 100;

/**
 * The entries of an archive as they are met, held against the limits before anything of them is read. Faults of single entries are
 * collected; a limit of the whole archive ends the reading at once, by ArchiveRefused with all faults so far.
 */
export class EntryBook {
  readonly faults: Fault[] = [];
  /** Files by name; the bytes of those that the reader kept. */
  readonly files = new Map<string, Buffer | null>();
  private readonly folders = new Set<string>();
  private entries = 0;
  private unpacked = 0;

  constructor(readonly limits: ProfileLimits) {}

  /** Enters a file or folder of this size in bytes: its name, or null if it cannot be taken (the fault is noted) or is nothing. */
  enter(rawName: Uint8Array, kind: 'file' | 'folder', size: number): string | null {
    this.countEntry();
    const decoded = utf8(rawName);
    if (decoded === null) {
      this.fault(shown(Buffer.from(rawName).toString('latin1')), 'has a name that is not UTF-8');
      return null;
    }
    const name = plainName(decoded);
    if (name === '' && kind === 'folder' && decoded !== '') return null;
    const fault = nameFault(name) ?? macFault(name) ?? this.clash(name, kind);
    if (fault !== null) this.fault(shown(decoded), fault);
    if (kind === 'folder') {
      if (fault === null) this.folders.add(name);
      return null;
    }
    this.count(shown(decoded), size);
    if (fault !== null) return null;
    this.files.set(name, null);
    for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) this.folders.add(name.slice(0, at));
    return name;
  }

  /** Counts an entry; throws above the limit. */
  countEntry(): void {
    this.entries += 1;
    const { entries } = this.limits;
    if (this.entries > entries) this.stop(`has more than ${entries} entries`);
  }

  /** Notes a fault of one entry. */
  fault(entry: string, detail: string): void {
    this.faults.push({ entry: shown(entry), detail });
    if (this.faults.length >= FAULTS_MAX) this.stop('has more faults than are told here');
  }

  /** Ends the reading: the archive as a whole cannot be taken. */
  stop(detail: string): never {
    throw new ArchiveRefused([...this.faults, { detail }]);
  }

  private count(entry: string, size: number): void {
    const { fileBytes, unpackedBytes } = this.limits;
    if (size > fileBytes) this.fault(entry, `has ${size} bytes; a file may have ${fileBytes}`);
    this.unpacked += size;
    if (this.unpacked > unpackedBytes) this.stop(`has more than ${unpackedBytes} bytes when it is unpacked`);
  }

  private clash(name: string, kind: 'file' | 'folder'): string | null {
    if (this.files.has(name)) return kind === 'file' ? 'is in the archive twice' : 'is both a file and a folder';
    if (kind === 'file' && this.folders.has(name)) return 'is both a file and a folder';
    for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
      if (this.files.has(name.slice(0, at))) return `is below ${shown(name.slice(0, at))}, which is a file`;
    }
    return null;
  }
}

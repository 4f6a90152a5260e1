const NAME_BYTES_MAX = 1_000;
const SEGMENT_BYTES_MAX = 255;

/** The name of an entry without what says nothing: `./` before it, `/` behind it. Empty for the archive's own folder. */
export function plainName(name: string): string {
  return name.replace(/^(\.\/+)+/, '').replace(/^\.$/, '').replace(/\/$/, '');
}

/** What is wrong with the name of an entry (after `plainName`), or null. */
export function nameFault(name: string): string | null {
  if (name === '') return 'has no name';
  if (name.startsWith('/') || /^[A-Za-z]:[\\/]/.test(name)) return 'has an absolute path';
  if (/\p{Cc}/u.test(name)) return 'has a control character in its name';
  if (name.includes('\\')) return 'has a backslash in its name; folders are separated by "/"';
  const parts = name.split('/');
  if (parts.includes('..')) return 'has ".." in its path';
  if (parts.some((part) => part === '' || part === '.')) return 'has an empty or "." part in its path';
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) return `has a name longer than ${NAME_BYTES_MAX} bytes`;
  if (parts.some((part) => Buffer.byteLength(part) > SEGMENT_BYTES_MAX)) {
    return `has a part of its path longer than ${SEGMENT_BYTES_MAX} bytes`;
  }
  // The auditor's reader of tar drops them, and would look for another file.
  return name.endsWith(' ') ? 'has a blank at the end of its name' : null;
}

/** How a Mac packs without files of its own. */
export const MAC_HINT = 'pack it with `COPYFILE_DISABLE=1 tar --format=ustar …`';

/** What is wrong with a file that a Mac keeps attributes in, where the auditor would run it as Ruby; null for every other name. */
export function macFault(name: string): string | null {
  if (!/(^|\/)\._[^/]*$/.test(name) || !auditorReads(name)) return null;
  return `is a file that a Mac keeps attributes in, and that the auditor would take for a part of the profile: ${MAC_HINT}`;
}

/** The name as text, or null if its bytes are not UTF-8. */
export function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** A name for a message: at most 200 characters, control characters made visible. */
export function shown(name: string): string {
  const visible = name.replace(/[\p{Cc}\p{Surrogate}]/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return visible.length > 200 ? `${visible.slice(0, 199)}…` : visible;
}

/** True if a tar header of the year 1988 holds the name: 100 bytes, and 155 more for folders above. The auditor reads no longer ones. */
export function fitsUstar(name: string): boolean {
  if (Buffer.byteLength(name) <= 100) return true;
  for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
    const fits = Buffer.byteLength(name.slice(0, at)) <= 155 && Buffer.byteLength(name.slice(at + 1)) <= 100;
    if (fits) return true;
  }
  return false;
}

/** True for what the auditor reads of a profile, at its root or in a folder there; what it sees of the rest does not matter. */
export function auditorReads(name: string): boolean {
  return /^([^/]+\/)?((controls|libraries|files|vendor)\/|inspec\.(yml|lock)$)/.test(name);
}

/** One header block of a tar, as the auditor's reader understands it. */
export interface TarHeader {
  name: Buffer;
  type: string;
  size: number;
}

/** Size of a block, in bytes. */
export const TAR_BLOCK = 512;

/** Reads a header block; a text says what is wrong with it. */
export function tarHeader(block: Buffer): TarHeader | string {
  const stored = octal(block.subarray(148, 156));
  if (stored === null || stored !== checksum(block)) return 'has a wrong checksum';
  if (block.readUInt8(124) & 0x80) return 'has a size in binary, which the auditor does not read';
  const size = octal(block.subarray(124, 136));
  if (size === null) return 'has a size that is no number';
  const prefix = block.toString('latin1', 257, 262) === 'ustar' ? text(block.subarray(345, 500)) : Buffer.alloc(0);
  const short = text(block.subarray(0, 100));
  const name = prefix.length === 0 ? short : Buffer.concat([prefix, Buffer.from('/'), short]);
  return { name, type: block.toString('latin1', 156, 157), size };
}

/** True for a block of zeros: two of them end a tar. */
export function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

function checksum(block: Buffer): number {
  let sum = 8 * 32; // its own field counts as blanks
  for (let at = 0; at < TAR_BLOCK; at++) if (at < 148 || at >= 156) sum += block.readUInt8(at);
  return sum;
}

function text(field: Buffer): Buffer {
  let end = field.length;
  while (end > 0 && field.readUInt8(end - 1) === 0) end--;
  return field.subarray(0, end);
}

function octal(field: Buffer): number | null {
  const digits = field.toString('latin1').replace(/[\0 ]+$/, '').trimStart();
  return /^[0-7]{1,11}$/.test(digits) ? parseInt(digits, 8) : digits === '' ? 0 : null;
}

import { gzipSync } from 'node:zlib';
import { zipSync, type Zippable } from 'fflate';
import type { ProfileLimits } from '../../src/config/config.js';

export const LIMITS: ProfileLimits = {
  archiveBytes: 1024 * 1024,
  unpackedBytes: 4 * 1024 * 1024,
  fileBytes: 1024 * 1024,
  entries: 100,
};

/** The auditor that the profiles of tests are for. */
export const AUDITOR = '5.24.24';
export const INSPEC_YML = 'name: mine\nversion: 1.2.3\ntitle: Mine\n';
export const CONTROL = "control 'a-1' do\n  impact 0.5\n  describe(1) { it { should eq 1 } }\nend\n";

/** The files of a profile that can be taken, with what the test is about. */
export function files(more: Record<string, string | Buffer> = {}): Record<string, string | Buffer> {
  return { 'inspec.yml': INSPEC_YML, 'controls/a.rb': CONTROL, ...more };
}

export interface TarEntry {
  name: string | Buffer;
  type?: string;
  bytes?: string | Buffer;
  /** The size that the header says, if it is to be another. */
  size?: number;
  prefix?: string;
  link?: string;
}

/** One header block, and the bytes in whole blocks. */
export function tarEntry({ name, type = '0', bytes = '', size, prefix = '', link = '' }: TarEntry): Buffer {
  const body = Buffer.from(bytes);
  const header = Buffer.alloc(512);
  Buffer.from(name).copy(header, 0, 0, 100);
  header.write('0000644\0', 100, 'latin1');
  header.write('0000000\0', 108, 'latin1');
  header.write('0000000\0', 116, 'latin1');
  header.write(`${(size ?? body.length).toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.write('00000000000\0', 136, 'latin1');
  header.write(type, 156, 'latin1');
  header.write(link, 157, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.write(prefix, 345, 'latin1');
  return Buffer.concat([checked(header), body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

/** The header with its checksum. */
export function checked(header: Buffer): Buffer {
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

export const TAR_END = Buffer.alloc(1024);

/** A tar.gz of these entries. */
export function tarGz(entries: readonly TarEntry[], end: Buffer = TAR_END): Buffer {
  return gzipSync(Buffer.concat([...entries.map(tarEntry), end]));
}

/** A tar.gz of these files. */
export function tarGzOf(given: Record<string, string | Buffer>): Buffer {
  return tarGz(Object.entries(given).map(([name, bytes]) => ({ name, bytes })));
}

/** A zip of these files; `os` and `attrs` as fflate has them. */
export function zipOf(given: Record<string, string | Buffer | Zippable[string]>): Buffer {
  const zippable = Object.entries(given).map(([name, content]): [string, Zippable[string]] => [
    name,
    typeof content === 'string' ? Buffer.from(content) : content,
  ]);
  return Buffer.from(zipSync(Object.fromEntries(zippable), { mtime: '2026-01-01' }));
}

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { pack } from 'tar-stream';
import { parse } from 'yaml';
import { declaredInputs, type DeclaredInput } from './metadata/declared-inputs.js';

/** A profile ready to be handed to a scanner. */
export interface ProfileArchive {
  name: string;
  version: string;
  title: string;
  /** `sha256:` and 64 hex digits, of the archive's bytes. */
  digest: string;
  bytes: Uint8Array;
  inputs: DeclaredInput[];
}

/**
 * Packs a profile's folder into a tar.gz whose bytes follow from the files' names and contents alone: sorted, no times, no owners, and no
 * compression (what zlib makes differs between its versions, and the digest is the profile's identity). Files that begin with a dot stay out.
 */
export async function packProfile(dir: string): Promise<ProfileArchive> {
  const metadata = await readMetadata(dir);
  const files = new Map<string, Uint8Array>();
  for (const path of await filesUnder(dir)) files.set(path, await readFile(join(dir, path)));
  const bytes = gzipStored(await tarOf(files));
  return { ...metadata, bytes, digest: digestOf(bytes) };
}

/** A tar of these files whose bytes follow from their names and contents alone: sorted, no times, no owners. */
export async function tarOf(files: ReadonlyMap<string, Uint8Array>): Promise<Buffer> {
  const tar = pack();
  for (const name of [...files.keys()].sort()) {
    const bytes = Buffer.from(files.get(name) ?? []);
    tar.entry({ name, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, bytes);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A profile's identity: `sha256:` and 64 hex digits of its archive. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

async function readMetadata(dir: string): Promise<Pick<ProfileArchive, 'name' | 'version' | 'title' | 'inputs'>> {
  const metadata = parse(await readFile(join(dir, 'inspec.yml'), 'utf8')) as Record<string, unknown> | null;
  const { name, version, title } = metadata ?? {};
  const { inputs } = declaredInputs(metadata ?? {});
  if (typeof name !== 'string' || typeof version !== 'string') {
    throw new Error(`${dir}/inspec.yml has no name or no version that is a string`);
  }
  return { name, version, title: typeof title === 'string' ? title : name, inputs };
}

async function filesUnder(dir: string, prefix = ''): Promise<string[]> {
  const entries = await readdir(join(dir, prefix), { withFileTypes: true });
  const nested = entries
    .filter((entry) => !entry.name.startsWith('.'))
    .map((entry) => {
      const path = prefix + entry.name;
      return entry.isDirectory() ? filesUnder(dir, `${path}/`) : Promise.resolve([path]);
    });
  return (await Promise.all(nested)).flat().sort();
}

/** RFC 1952 around stored blocks (RFC 1951, 3.2.4). */
function gzipStored(data: Buffer): Buffer {
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]); // no time, operating system unknown
  const parts: Buffer[] = [header];
  const BLOCK_MAX = 65_535;
  for (let at = 0; at === 0 || at < data.length; at += BLOCK_MAX) {
    const block = data.subarray(at, at + BLOCK_MAX);
    const head = Buffer.alloc(5);
    head.writeUInt8(at + BLOCK_MAX >= data.length ? 1 : 0, 0);
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(~block.length & 0xffff, 3);
    parts.push(head, block);
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(data), 0);
  trailer.writeUInt32LE(data.length >>> 0, 4);
  return Buffer.concat([...parts, trailer]);
}

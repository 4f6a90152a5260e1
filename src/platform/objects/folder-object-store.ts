import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ObjectStore } from '../../ports/object-store.js';
import { assertObjectKey, objectTooLarge } from './object-key.js';

/** Objects as files below one folder, for a single machine. */
export class FolderObjectStore extends ObjectStore {
  constructor(private readonly dir: string) {
    super();
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const path = this.path(key);
    await this.makeFolder(dirname(path));
    // `~` is in no key: a half-written file can never be read as an object.
    const draft = join(dirname(path), `~${randomBytes(9).toString('hex')}`);
    try {
      await writeDurably(draft, bytes);
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    await syncFolder(dirname(path));
  }

  async get(key: string, maxBytes: number): Promise<Uint8Array | null> {
    const path = this.path(key);
    const file = await open(path, 'r').catch(nullIfMissing);
    if (file === null) return null;
    try {
      const found = await file.stat();
      if (!found.isFile()) return null;
      if (found.size > maxBytes) throw objectTooLarge(key, found.size, maxBytes);
      return new Uint8Array(await file.readFile());
    } finally {
      await file.close();
    }
  }

  async size(key: string): Promise<number | null> {
    const found = await stat(this.path(key)).catch(nullIfMissing);
    return found?.isFile() ? found.size : null;
  }

  async remove(key: string): Promise<void> {
    const path = this.path(key);
    if ((await this.size(key)) === null) return;
    await rm(path, { force: true });
    await syncFolder(dirname(path));
  }

  async check(): Promise<void> {
    const probe = join(this.dir, `~check-${randomBytes(9).toString('hex')}`);
    try {
      await this.makeFolder(this.dir);
      await writeDurably(probe, new Uint8Array(1));
    } catch (error) {
      throw new Error(`the folder ${this.dir} cannot be written to: ${String(error)}`, { cause: error });
    } finally {
      await rm(probe, { force: true }).catch(() => undefined);
    }
  }

  private path(key: string): string {
    assertObjectKey(key);
    return join(this.dir, ...key.split('/'));
  }

  /** Makes a folder and those above it; each new name is synced, or a power cut could take it with all that is in it. */
  private async makeFolder(path: string): Promise<void> {
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o640);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function nullIfMissing(error: unknown): null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT' || code === 'ENOTDIR') return null;
  throw error;
}

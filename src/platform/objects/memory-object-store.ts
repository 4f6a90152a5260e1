import { ObjectStore } from '../../ports/object-store.js';
import { assertObjectKey, objectTooLarge } from './object-key.js';

/** Objects in the memory of one process, for tests. */
export class MemoryObjectStore extends ObjectStore {
  private readonly objects = new Map<string, Uint8Array>();

  // eslint-disable-next-line @typescript-eslint/require-await -- a refused key is to reject, as in the other adapters
  async put(key: string, bytes: Uint8Array): Promise<void> {
    assertObjectKey(key);
    this.objects.set(key, Uint8Array.from(bytes));
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as above
  async get(key: string, maxBytes: number): Promise<Uint8Array | null> {
    assertObjectKey(key);
    const bytes = this.objects.get(key);
    if (bytes === undefined) return null;
    if (bytes.length > maxBytes) throw objectTooLarge(key, bytes.length, maxBytes);
    return Uint8Array.from(bytes);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as above
  async size(key: string): Promise<number | null> {
    assertObjectKey(key);
    return this.objects.get(key)?.length ?? null;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as above
  async remove(key: string): Promise<void> {
    assertObjectKey(key);
    this.objects.delete(key);
  }

  check(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * Where reports live: bytes under a key. Writes are atomic (a reader sees all bytes or none) and doing one twice is doing it once.
 * Keys are `/`-separated segments of [A-Za-z0-9._-]; a key with any other form is refused with an Error before anything is touched.
 */
export abstract class ObjectStore {
  /** Stores the bytes under the key, replacing what was there, and returns when they are durable. */
  abstract put(key: string, bytes: Uint8Array, contentType: string): Promise<void>;
  /** The bytes under the key, or null if there are none. Throws if there are more than `maxBytes`. */
  abstract get(key: string, maxBytes: number): Promise<Uint8Array | null>;
  /** Size in bytes of what is stored under the key, or null. */
  abstract size(key: string): Promise<number | null>;
  /** Removes the key; a key that is not there is fine. */
  abstract remove(key: string): Promise<void>;
  /** Resolves if the store answers and can be written to; throws with the reason otherwise. For readiness. */
  abstract check(): Promise<void>;
}

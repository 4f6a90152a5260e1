const SEGMENT = /^[A-Za-z0-9._-]{1,200}$/;
const MAX_LENGTH = 900; // S3 takes 1,024 bytes, the prefix included

/** Throws unless the key has the form that ObjectStore promises: nothing in it can leave the store's folder or prefix. */
export function assertObjectKey(key: string): void {
  const good = key.length <= MAX_LENGTH && key.split('/').every((part) => SEGMENT.test(part) && !/^\.+$/.test(part));
  if (!good) throw new Error(`not a key of the object store: ${JSON.stringify(key.slice(0, 200))}`);
}

/** The error for an object that is larger than its reader can take. */
export function objectTooLarge(key: string, bytes: number, maxBytes: number): Error {
  return new Error(`the object ${key} has ${bytes} bytes; at most ${maxBytes} were expected`);
}

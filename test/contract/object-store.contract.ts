import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../src/ports/object-store.js';

export interface OpenedStore {
  store: ObjectStore;
  close(): Promise<void>;
}

const JSON_TYPE = 'application/json';

/** What every ObjectStore keeps to; `open` gives a store with nothing in it. */
export function objectStoreContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(`ObjectStore: ${name}`, () => {
    let opened: OpenedStore;
    let store: ObjectStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.close());

    it.each([
      ['nothing', new Uint8Array()],
      ['one byte', Uint8Array.of(0)],
      ['every byte', Uint8Array.from({ length: 256 }, (_, i) => i)],
      ['a line that looks like a chunk', Buffer.from('5\r\nhello\r\n0\r\n\r\n')],
      ['6 MiB', randomBytes(6 * 1024 * 1024)],
    ])('gives back what was put: %s', async (label, bytes) => {
      const key = `back/${label.replaceAll(' ', '-')}.gz`;
      await store.put(key, bytes, 'application/gzip');
      const found = await store.get(key, bytes.length);
      expect(found === null ? null : Buffer.compare(found, bytes)).toBe(0);
      expect(await store.size(key)).toBe(bytes.length);
    });

    it('is not touched by what happens to the bytes afterwards', async () => {
      const bytes = Buffer.from('before');
      await store.put('own/copy', bytes, JSON_TYPE);
      bytes.write('after!');
      const first = await store.get('own/copy', 100);
      first?.fill(0);
      expect(Buffer.from((await store.get('own/copy', 100)) ?? []).toString()).toBe('before');
    });

    it('says null for what is not there', async () => {
      expect(await store.get('no/such/key', 10)).toBeNull();
      expect(await store.size('no/such/key')).toBeNull();
      await store.put('parent/child', Buffer.from('x'), JSON_TYPE);
      expect(await store.get('parent', 10)).toBeNull();
      expect(await store.size('parent')).toBeNull();
    });

    it('replaces what was there, as a whole', async () => {
      await store.put('a/b', Buffer.from('the long first version'), JSON_TYPE);
      await store.put('a/b', Buffer.from('short'), JSON_TYPE);
      expect(Buffer.from((await store.get('a/b', 100)) ?? []).toString()).toBe('short');
      expect(await store.size('a/b')).toBe(5);
    });

    it('does the same put twice as once', async () => {
      for (let i = 0; i < 2; i++) await store.put('twice/x', Buffer.from('same'), JSON_TYPE);
      expect(Buffer.from((await store.get('twice/x', 4)) ?? []).toString()).toBe('same');
    });

    it('refuses to read more than the reader can take', async () => {
      await store.put('large/x', Buffer.alloc(1001), JSON_TYPE);
      await expect(store.get('large/x', 1000)).rejects.toThrow(/large\/x.*1001 bytes.*1000/);
      expect(await store.get('large/x', 1001)).toHaveLength(1001);
    });

    it('removes, and does not mind what is gone already', async () => {
      await store.put('gone/x', Buffer.from('x'), JSON_TYPE);
      await store.put('gone/y', Buffer.from('y'), JSON_TYPE);
      await store.remove('gone/x');
      await store.remove('gone/x');
      await store.remove('gone/never/was');
      expect(await store.get('gone/x', 10)).toBeNull();
      expect(await store.size('gone/y')).toBe(1);
    });

    it('never shows a half-written object while it is replaced', async () => {
      const versions = [1, 2, 3, 4].map((fill) => Buffer.alloc(300_000, fill));
      await store.put('race/x', versions[0] ?? Buffer.alloc(0), JSON_TYPE);
      const writes = versions.map((bytes) => store.put('race/x', bytes, JSON_TYPE));
      const seen = await Promise.all(Array.from({ length: 12 }, () => store.get('race/x', 400_000)));
      await Promise.all(writes);
      for (const bytes of [...seen, await store.get('race/x', 400_000)]) {
        expect(bytes).toHaveLength(300_000);
        expect(new Set(bytes).size).toBe(1);
      }
    });

    it.each([
      '',
      '/a',
      'a/',
      'a//b',
      '.',
      '..',
      '../a',
      'a/../../b',
      'a/..',
      'a/./b',
      'a/...',
      'a b',
      'a\0b',
      'a\\b',
      'a%2fb',
      'ä',
      '~x',
      'x'.repeat(201),
      Array.from({ length: 200 }, () => 'segment').join('/'),
    ])('refuses the key %j before anything is touched', async (key) => {
      const refusal = /not a key of the object store/;
      await expect(store.put(key, Buffer.from('x'), JSON_TYPE)).rejects.toThrow(refusal);
      await expect(store.get(key, 10)).rejects.toThrow(refusal);
      await expect(store.size(key)).rejects.toThrow(refusal);
      await expect(store.remove(key)).rejects.toThrow(refusal);
    });

    it('takes every form of key that it promises to take', async () => {
      for (const key of ['z', 'A.b_c-9', '.hidden/x', 'a..b', `${'d/'.repeat(20)}deep`, 'x'.repeat(200)]) {
        await store.put(key, Buffer.from(key), JSON_TYPE);
        expect(Buffer.from((await store.get(key, 1000)) ?? []).toString()).toBe(key);
      }
    });

    it('says that it answers', async () => {
      await expect(store.check()).resolves.toBeUndefined();
    });
  });
}

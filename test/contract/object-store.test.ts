import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderObjectStore } from '../../src/platform/objects/folder-object-store.js';
import { MemoryObjectStore } from '../../src/platform/objects/memory-object-store.js';
import { S3ObjectStore, type S3StoreOptions } from '../../src/platform/objects/s3-object-store.js';
import { s3Client, s3Options } from '../support/s3.js';
import { objectStoreContract } from './object-store.contract.js';

const nothing = (): Promise<void> => Promise.resolve();

async function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'sidescan-objects-'));
}

objectStoreContract('memory', () => Promise.resolve({ store: new MemoryObjectStore(), close: nothing }));

objectStoreContract('folder', async () => {
  const dir = await newFolder();
  return { store: new FolderObjectStore(join(dir, 'made/when/needed')), close: () => rm(dir, { recursive: true }) };
});

for (const prefix of ['', 'some/prefix']) {
  objectStoreContract(`S3 with the prefix "${prefix}"`, async () => {
    const store = new S3ObjectStore({ ...(await s3Options()), prefix });
    return { store, close: () => Promise.resolve(store.close()) };
  });
}

describe('the folder store', () => {
  let dir: string;
  let store: FolderObjectStore;
  beforeAll(async () => {
    dir = await newFolder();
    store = new FolderObjectStore(dir);
  });
  afterAll(() => rm(dir, { recursive: true }));

  it('keeps an object as a file at its key, and leaves no draft behind', async () => {
    await store.put('reports/x.json.gz', Buffer.from('bytes'));
    expect(await readFile(join(dir, 'reports/x.json.gz'), 'utf8')).toBe('bytes');
    await store.check();
    expect((await readdir(dir, { recursive: true })).sort()).toEqual(['reports', 'reports/x.json.gz']);
  });

  it('replaces a symbolic link instead of writing through it', async () => {
    const outside = join(await newFolder(), 'outside');
    await writeFile(outside, 'untouched');
    await symlink(outside, join(dir, 'link'));
    await store.put('link', Buffer.from('new'));
    expect(await readFile(outside, 'utf8')).toBe('untouched');
    expect(await readFile(join(dir, 'link'), 'utf8')).toBe('new');
  });

  it('says which folder cannot be written to', async () => {
    await writeFile(join(dir, 'file'), '');
    const broken = new FolderObjectStore(join(dir, 'file/below'));
    await expect(broken.check()).rejects.toThrow(`the folder ${join(dir, 'file/below')} cannot be written to: `);
    await expect(broken.put('x', Buffer.from('x'))).rejects.toThrow(/ENOTDIR|EEXIST/);
  });
});

describe('the S3 store', () => {
  let options: S3StoreOptions;
  beforeAll(async () => {
    options = await s3Options();
  });

  it('writes under its prefix, with the content type', async () => {
    const store = new S3ObjectStore({ ...options, prefix: 'p/q' });
    await store.put('r/x.json', Buffer.from('{}'), 'application/json');
    const client = s3Client(options);
    const found = await client.send(new GetObjectCommand({ Bucket: options.bucket, Key: 'p/q/r/x.json' }));
    expect(found.ContentType).toBe('application/json');
    expect(await found.Body?.transformToString()).toBe('{}');
    const listed = await client.send(new ListObjectsV2Command({ Bucket: options.bucket }));
    expect(listed.Contents?.map((object) => object.Key)).toEqual(['p/q/r/x.json']);
  });

  it('two prefixes in one bucket do not see each other', async () => {
    const [one, two] = ['one', 'two'].map((prefix) => new S3ObjectStore({ ...options, prefix }));
    await one?.put('x', Buffer.from('1'), 'text/plain');
    expect(await two?.get('x', 10)).toBeNull();
  });

  it('names bucket, place and cause where the bucket is missing', async () => {
    const store = new S3ObjectStore({ ...options, bucket: 'no-such-bucket' });
    const place = `in the bucket no-such-bucket at ${options.endpoint}: `;
    await expect(store.check()).rejects.toThrow(`cannot store .check ${place}NoSuchBucket`);
    await expect(store.get('x', 10)).rejects.toThrow(`cannot read x ${place}NoSuchBucket`);
  });

  it('says that the keys are wrong, and shows no secret', async () => {
    const secretAccessKey = 'not-the-secret-of-this-server';
    const store = new S3ObjectStore({ ...options, secretAccessKey });
    const error = await store.check().catch((e: unknown) => e);
    expect(String(error)).toMatch(/SignatureDoesNotMatch|Forbidden|AccessDenied|403/);
    expect(String(error)).not.toContain(secretAccessKey);
    // A look-up without rights is an error, and never "there is nothing".
    await expect(store.size('x')).rejects.toThrow(/cannot look up x/);
    await expect(store.get('x', 10)).rejects.toThrow(/cannot read x/);
  });

  it('says that nobody answers, with the address', async () => {
    const store = new S3ObjectStore({ ...options, endpoint: 'http://127.0.0.1:9' });
    await expect(store.check()).rejects.toThrow(/at http:\/\/127\.0\.0\.1:9: .*ECONNREFUSED/);
  });

  it('refuses an object that broke off on its way', async () => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nContent-Type: text/plain\r\n\r\nonly this';
    const server = createServer((socket) => socket.on('error', () => undefined).once('data', () => socket.end(answer)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const store = new S3ObjectStore({ ...options, endpoint: `http://127.0.0.1:${port}` });
    await expect(store.get('x', 10_000)).rejects.toThrow(/cannot read x/);
    server.close();
  });

  it('keeps objects of another bucket apart', async () => {
    const client = s3Client(options);
    const bucket = `${options.bucket}-b`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    await new S3ObjectStore({ ...options, bucket }).put('only/here', Buffer.from('x'), 'text/plain');
    expect(await new S3ObjectStore(options).size('only/here')).toBeNull();
  });
});

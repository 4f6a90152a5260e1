import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EnvReader } from '../../../src/config/env-reader.js';
import { readStore, type StoreConfig } from '../../../src/config/store-url.js';

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example-secret-key' };

function read(value: string, env: Record<string, string> = KEYS): { store: StoreConfig; problems: string[] } {
  const reader = new EnvReader({ SIDESCAN_STORE: value, ...env });
  const store = readStore(reader);
  return { store, problems: reader.problems.map((p) => `${p.variable}: ${p.problem}`) };
}

describe('a folder', () => {
  it.each([
    ['file:/var/lib/sidescan', '/var/lib/sidescan'],
    ['file:///var/lib/sidescan', '/var/lib/sidescan'],
    ['file:.sidescan/store', resolve('.sidescan/store')],
    ['file:/a b/c', '/a b/c'],
  ])('%s is %s', (value, dir) => {
    expect(read(value)).toEqual({ store: { kind: 'folder', dir }, problems: [] });
  });

  it.each(['file:', 'file:/', 'file://', 'file:///', 'file://host/dir'])('%s is refused', (value) => {
    expect(read(value).problems).toHaveLength(1);
  });
});

describe('S3', () => {
  it('is read with all its parts', () => {
    const value = 's3://reports/a/b.c?endpoint=http://127.0.0.1:9000&region=eu-west-1&pathStyle=false';
    expect(read(value, { ...KEYS, AWS_SESSION_TOKEN: 'token' })).toEqual({
      store: {
        kind: 's3',
        bucket: 'reports',
        prefix: 'a/b.c',
        endpoint: 'http://127.0.0.1:9000',
        region: 'eu-west-1',
        pathStyle: false,
        accessKeyId: 'AKIAEXAMPLE',
        secretAccessKey: 'example-secret-key',
        sessionToken: 'token',
      },
      problems: [],
    });
  });

  it('needs no more than a bucket and the keys', () => {
    expect(read('s3://reports').store).toMatchObject({
      prefix: '',
      endpoint: null,
      region: 'us-east-1',
      pathStyle: false,
      sessionToken: null,
    });
    expect(read('s3://reports', { ...KEYS, AWS_REGION: 'eu-north-1' }).store).toMatchObject({ region: 'eu-north-1' });
  });

  it('has path style where an endpoint is given, unless told otherwise', () => {
    expect(read('s3://reports?endpoint=http://s3.example').store).toMatchObject({ pathStyle: true });
  });

  it('loses the slashes around its prefix', () => {
    expect(read('s3://reports/').store).toMatchObject({ prefix: '' });
    expect(read('s3://reports//x/y//').store).toMatchObject({ prefix: 'x/y' });
  });

  it.each([
    ['a bucket of two characters', 's3://ab', 'bucket'],
    ['a bucket in capitals', 's3://Reports', 'bucket'],
    ['no bucket', 's3:///x', 'bucket'],
    ['a space in the prefix', 's3://reports/a%20b', 'prefix'],
    ['an empty segment', 's3://reports/a//b', 'prefix'],
    ['a port', 's3://reports:9000/x', 'not of the form'],
    ['a user', 's3://me@reports/x', 'AWS_ACCESS_KEY_ID'],
    ['an unknown parameter', 's3://reports?acl=public', 'unknown parameter "acl"'],
    ['a parameter twice', 's3://reports?region=a&region=b', 'more than once'],
    ['an endpoint without a scheme', 's3://reports?endpoint=s3.example:9000', 'endpoint'],
    ['an endpoint that is a file', 's3://reports?endpoint=file:///etc', 'endpoint'],
    ['a wrong region', 's3://reports?region=Europe', 'region "Europe"'],
    ['a wrong pathStyle', 's3://reports?pathStyle=yes', 'pathStyle="yes"'],
    ['another scheme', 'gs://reports', 'has to begin with file: or s3://'],
    ['a bare path', '/var/lib', 'has to begin with file: or s3://'],
  ])('is refused with %s', (_, value, reason) => {
    const { problems } = read(value);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^SIDESCAN_STORE: /);
    expect(problems[0]).toContain(reason);
  });

  it('names each key that is missing', () => {
    expect(read('s3://reports', {}).problems).toEqual([
      'AWS_ACCESS_KEY_ID: is not set; it has to be the access key of the S3 store',
      'AWS_SECRET_ACCESS_KEY: is not set; it has to be the secret key of the S3 store',
    ]);
  });

  it('blames AWS_REGION where that is the wrong one', () => {
    expect(read('s3://reports', { ...KEYS, AWS_REGION: 'Mars!' }).problems[0]).toMatch(/^AWS_REGION: /);
  });
});

import { resolve } from 'node:path';
import type { EnvReader } from './env-reader.js';

/** Where reports are kept. `dir` is absolute. `prefix` is empty or segments without a slash at either end. `endpoint` null: AWS itself. */
export type StoreConfig =
  | { readonly kind: 'folder'; readonly dir: string }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      readonly prefix: string;
      readonly endpoint: string | null;
      readonly region: string;
      readonly pathStyle: boolean;
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken: string | null;
    };

const FORM = 'file:DIR or s3://BUCKET/PREFIX?endpoint=URL&region=R&pathStyle=true';
const NAME = 'SIDESCAN_STORE';
const NOWHERE: StoreConfig = { kind: 'folder', dir: '' };

/** Reads SIDESCAN_STORE and, for S3, the usual AWS variables. */
export function readStore(reader: EnvReader): StoreConfig {
  const value = reader.required(NAME, FORM);
  if (value === null) return NOWHERE;
  if (value.startsWith('file:')) return readFolder(reader, value.slice('file:'.length));
  if (value.startsWith('s3://')) return readS3(reader, value);
  reader.fault(NAME, `has to begin with file: or s3:// (${FORM})`);
  return NOWHERE;
}

function readFolder(reader: EnvReader, path: string): StoreConfig {
  if (path.startsWith('//') && !path.startsWith('///')) {
    reader.fault(NAME, 'names a host after file://; write file:DIR or file:///DIR');
    return NOWHERE;
  }
  if (/^\/*$/.test(path)) {
    reader.fault(NAME, 'names no folder after file:');
    return NOWHERE;
  }
  return { kind: 'folder', dir: resolve(path.replace(/^\/+/, '/')) };
}

function readS3(reader: EnvReader, value: string): StoreConfig {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '' || url.port !== '') {
    reader.fault(NAME, `is not of the form ${FORM}; keys belong into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`);
    return NOWHERE;
  }
  const known = ['endpoint', 'region', 'pathStyle'];
  const names = new Set(url.searchParams.keys());
  for (const key of names) {
    if (!known.includes(key))
      reader.fault(NAME, `has the unknown parameter ${JSON.stringify(key)}; known are ${known.join(', ')}`);
    else if (url.searchParams.getAll(key).length > 1) reader.fault(NAME, `has the parameter ${key} more than once`);
  }
  const endpoint = readEndpoint(reader, url.searchParams.get('endpoint'));
  return {
    kind: 's3',
    bucket: readBucket(reader, url.hostname),
    prefix: readPrefix(reader, url.pathname),
    endpoint,
    region: readRegion(reader, url.searchParams.get('region')),
    pathStyle: readPathStyle(reader, url.searchParams.get('pathStyle'), endpoint !== null),
    accessKeyId: reader.required('AWS_ACCESS_KEY_ID', 'the access key of the S3 store') ?? '',
    secretAccessKey: reader.required('AWS_SECRET_ACCESS_KEY', 'the secret key of the S3 store') ?? '',
    sessionToken: reader.text('AWS_SESSION_TOKEN'),
  };
}

function readBucket(reader: EnvReader, bucket: string): string {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    reader.fault(NAME, `names the bucket ${JSON.stringify(bucket)}; a bucket has 3 to 63 of a-z, 0-9, - and .`);
  }
  return bucket;
}

function readPrefix(reader: EnvReader, path: string): string {
  const prefix = path.replace(/^\/+|\/+$/g, '');
  const segments = prefix === '' ? [] : prefix.split('/');
  if (segments.some((segment) => !/^[A-Za-z0-9._-]+$/.test(segment) || /^\.+$/.test(segment))) {
    reader.fault(NAME, `has the prefix ${JSON.stringify(prefix)}; it has to be segments of A-Z, a-z, 0-9, ., _ and -`);
  }
  return segments.join('/');
}

function readEndpoint(reader: EnvReader, endpoint: string | null): string | null {
  if (endpoint === null) return null;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '') {
    reader.fault(NAME, 'has an endpoint that is not a plain http:// or https:// URL');
  }
  return endpoint;
}

function readRegion(reader: EnvReader, given: string | null): string {
  const region = given ?? reader.text('AWS_REGION') ?? 'us-east-1';
  if (!/^[a-z0-9-]{1,63}$/.test(region)) {
    const where = given === null ? 'AWS_REGION' : NAME;
    reader.fault(where, `names the region ${JSON.stringify(region)}; a region has a-z, 0-9 and -`);
  }
  return region;
}

function readPathStyle(reader: EnvReader, given: string | null, fallback: boolean): boolean {
  if (given !== null && given !== 'true' && given !== 'false') {
    reader.fault(NAME, `has pathStyle=${JSON.stringify(given)}; it has to be true or false`);
  }
  return given === null ? fallback : given === 'true';
}

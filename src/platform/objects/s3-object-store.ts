import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { ObjectStore } from '../../ports/object-store.js';
import { assertObjectKey, objectTooLarge } from './object-key.js';

const CONNECT_MS = 3_000;
/** Without a byte for this long a request is given up, and tried again. */
const SILENCE_MS = 20_000;

export interface S3StoreOptions {
  bucket: string;
  /** Empty, or segments without a slash at either end. */
  prefix: string;
  /** Null: AWS itself. */
  endpoint: string | null;
  region: string;
  pathStyle: boolean;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string | null;
}

/** Objects in a bucket of S3 or of a server that speaks its protocol. The bucket has to be there. */
export class S3ObjectStore extends ObjectStore {
  private readonly client: S3Client;

  constructor(private readonly options: S3StoreOptions) {
    super();
    this.client = new S3Client(clientConfig(options));
  }

  async put(key: string, bytes: Uint8Array, contentType: string): Promise<void> {
    assertObjectKey(key);
    const ContentMD5 = createHash('md5').update(bytes).digest('base64'); // the server refuses bytes that changed on the way
    const object = { ...this.at(key), Body: bytes, ContentType: contentType, ContentLength: bytes.length, ContentMD5 };
    await this.client.send(new PutObjectCommand(object)).catch(this.failed('store', key));
  }

  async get(key: string, maxBytes: number): Promise<Uint8Array | null> {
    assertObjectKey(key);
    try {
      const { Body, ContentLength } = await this.client.send(new GetObjectCommand(this.at(key)));
      if (Body === undefined || ContentLength === undefined) throw new Error('the answer has no body or no length');
      if (ContentLength > maxBytes) {
        if ('destroy' in Body) Body.destroy();
        throw objectTooLarge(key, ContentLength, maxBytes);
      }
      const bytes = await Body.transformToByteArray();
      if (bytes.length !== ContentLength) throw new Error(`${bytes.length} of ${ContentLength} bytes arrived`);
      return bytes;
    } catch (error) {
      return error instanceof NoSuchKey ? null : this.failed('read', key)(error);
    }
  }

  async size(key: string): Promise<number | null> {
    assertObjectKey(key);
    try {
      return (await this.client.send(new HeadObjectCommand(this.at(key)))).ContentLength ?? null;
    } catch (error) {
      return error instanceof NotFound ? null : this.failed('look up', key)(error);
    }
  }

  async remove(key: string): Promise<void> {
    assertObjectKey(key);
    await this.client.send(new DeleteObjectCommand(this.at(key))).catch(this.failed('remove', key));
  }

  async check(): Promise<void> {
    await this.put('.check', new Uint8Array(), 'application/octet-stream');
  }

  /** Closes the connections that are kept open. */
  close(): void {
    this.client.destroy();
  }

  private at(key: string): { Bucket: string; Key: string } {
    const { bucket, prefix } = this.options;
    return { Bucket: bucket, Key: prefix === '' ? key : `${prefix}/${key}` };
  }

  /** Throws with bucket, place and cause: what the SDK says alone ("socket hang up", "UnknownError") helps nobody. */
  private failed(what: string, key: string): (error: unknown) => never {
    return (error) => {
      const { bucket, endpoint, region } = this.options;
      const cause = error instanceof Error ? `${error.name}: ${causeOf(error)}` : String(error);
      const place = endpoint ?? `AWS ${region}`;
      throw new Error(`cannot ${what} ${key} in the bucket ${bucket} at ${place}: ${cause}`, { cause: error });
    };
  }
}

function clientConfig(options: S3StoreOptions): S3ClientConfig {
  const { endpoint, region, pathStyle, accessKeyId, secretAccessKey, sessionToken } = options;
  return {
    region,
    forcePathStyle: pathStyle,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) },
    // The SDK's own default, a CRC32 trailer on every write, is refused by servers that are not AWS.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: SILENCE_MS,
      throwOnRequestTimeout: true,
      socketTimeout: SILENCE_MS,
    },
    ...(endpoint === null ? {} : { endpoint }),
  };
}

// A refused connection to a name with several addresses is an AggregateError whose own message is empty.
function causeOf(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((part) => String(part)).join('; ');
  if (error.message !== '' && error.message !== error.name) return error.message;
  return error.cause instanceof Error ? error.cause.message : 'no reason given';
}

import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3StoreOptions } from '../../src/platform/objects/s3-object-store.js';
import { serviceAt, uniqueName } from './services.js';

/** A new, empty bucket on the S3 server of this run. */
export async function s3Options(): Promise<S3StoreOptions> {
  const options: S3StoreOptions = {
    bucket: uniqueName(),
    prefix: '',
    endpoint: serviceAt('s3Endpoint'),
    region: 'us-east-1',
    pathStyle: true,
    accessKeyId: serviceAt('s3AccessKeyId'),
    secretAccessKey: serviceAt('s3SecretAccessKey'),
    sessionToken: null,
  };
  const client = s3Client(options);
  await client.send(new CreateBucketCommand({ Bucket: options.bucket }));
  client.destroy();
  return options;
}

/** The plain SDK client for the same server: what a test looks at the store with. */
export function s3Client({ region, endpoint, accessKeyId, secretAccessKey }: S3StoreOptions): S3Client {
  const credentials = { accessKeyId, secretAccessKey };
  return new S3Client({ region, forcePathStyle: true, credentials, ...(endpoint === null ? {} : { endpoint }) });
}

/** The variables that make the service use this bucket. */
export function s3Environment(options: S3StoreOptions, prefix: string): Record<string, string> {
  const endpoint = encodeURIComponent(options.endpoint ?? '');
  return {
    SIDESCAN_STORE: `s3://${options.bucket}/${prefix}?endpoint=${endpoint}&pathStyle=true`,
    AWS_ACCESS_KEY_ID: options.accessKeyId,
    AWS_SECRET_ACCESS_KEY: options.secretAccessKey,
  };
}

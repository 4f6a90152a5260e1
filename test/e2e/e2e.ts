import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Config } from '../../src/config/config.js';
import { reportKey } from '../../src/reports/object-key.js';
import type { ReportIdentity } from '../../src/reports/storage/packed-report.js';
import { startCluster } from '../support/cluster.js';
import { createInstallation } from '../support/environment.js';
import { scannerImage } from '../support/images.js';
import { storedReport } from '../support/stored-report.js';
import { RunningService } from '../support/running-service.js';
import { s3Client, s3Environment, s3Options } from '../support/s3.js';
import { ClusterView } from './cluster-view.js';

/** The whole service on a real cluster and a real S3 server; the worker has the rights of its account in k8s/ and no others. */
export interface E2e {
  service: RunningService;
  cluster: ClusterView;
  /** The configuration that API and workers were started with, the worker's credentials included. */
  config: Config;
  /** The bytes of a scan's report as the API answers them. */
  reportBytes(scanId: string): Promise<Buffer>;
  /** The same from the bucket itself, unpacked. */
  storedReport(scanId: string): Promise<Buffer>;
  stop(): Promise<void>;
}

const PREFIX = 'e2e';

/** Starts it, with variables of the caller's and so many workers. */
export async function startE2e(variables: Record<string, string> = {}, workers = 1): Promise<E2e> {
  const cluster = await startCluster();
  const options = await s3Options();
  const installation = await createInstallation({
    ...s3Environment(options, PREFIX),
    SIDESCAN_RUNTIME: 'kubernetes',
    SIDESCAN_NAMESPACE: cluster.scanNamespace,
    SIDESCAN_SCANNER_IMAGE: scannerImage(),
    SIDESCAN_LOG_LEVEL: 'info',
    KUBECONFIG: cluster.workerKubeconfig,
    ...variables,
  });
  const service = await RunningService.start(installation.env, workers);
  const bucket = s3Client(options);
  return {
    service,
    cluster: new ClusterView(cluster.adminKubeconfig, cluster.scanNamespace),
    config: installation.config,
    reportBytes: (scanId) => service.bytes(`/v1/scans/${scanId}/report`),
    storedReport: async (scanId) => {
      const scan = await service.request<{ report: ReportIdentity }>('GET', `/v1/scans/${scanId}`);
      const { report } = scan.body;
      return storedReport((key) => objectBytes(bucket, options.bucket, key), {
        ...report,
        key: reportKey(report.sha256),
      });
    },
    stop: async () => {
      bucket.destroy();
      await service.stop();
      await installation.remove();
      await cluster.remove();
    },
  };
}

async function objectBytes(client: S3Client, bucket: string, key: string): Promise<Uint8Array> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: `${PREFIX}/${key}` }));
  if (!Body) throw new Error(`${key} is empty`);
  return Body.transformToByteArray();
}

import { setTimeout as pause } from 'node:timers/promises';
import { CoreV1Api, KubeConfig, type V1Pod } from '@kubernetes/client-node';

export interface PodView {
  name: string;
  uid: string;
  scan: string;
  /** Termination message of the scanner: its receipt, once it ended. */
  receipt: string | null;
}

/** What an administrator of the cluster sees in the scan namespace: the tests look from outside, never through the service. */
export class ClusterView {
  private readonly api: CoreV1Api;

  constructor(
    adminKubeconfig: string,
    readonly namespace: string,
  ) {
    const config = new KubeConfig();
    config.loadFromFile(adminKubeconfig);
    this.api = config.makeApiClient(CoreV1Api);
  }

  async scanPods(): Promise<PodView[]> {
    const list = await this.api.listNamespacedPod({
      namespace: this.namespace,
      labelSelector: 'app.kubernetes.io/managed-by=sidescan,sidescan.dev/scan',
    });
    return list.items.map(view);
  }

  /** Pods that read profiles. */
  async profilePods(): Promise<{ name: string; uid: string; running: boolean }[]> {
    const labelSelector = 'app.kubernetes.io/managed-by=sidescan,sidescan.dev/profile';
    const { items } = await this.api.listNamespacedPod({ namespace: this.namespace, labelSelector });
    return items.map((pod) => ({
      name: pod.metadata?.name ?? '',
      uid: pod.metadata?.uid ?? '',
      running: pod.status?.containerStatuses?.[0]?.state?.running !== undefined,
    }));
  }

  async noProfilePods(): Promise<void> {
    await this.until(async () => (await this.profilePods()).length === 0, 'a pod that reads a profile');
  }

  /** The bytes that the ConfigMaps whose name begins so hold together, in the order of their keys. */
  async bytesIn(stem: string): Promise<{ maps: number; bytes: Buffer }> {
    const { items } = await this.api.listNamespacedConfigMap({ namespace: this.namespace });
    const found = items.filter((map) => map.metadata?.name?.startsWith(stem));
    const files = found.flatMap((map) => Object.entries(map.binaryData ?? {})).sort(([a], [b]) => (a < b ? -1 : 1));
    return { maps: found.length, bytes: Buffer.concat(files.map(([, text]) => Buffer.from(text, 'base64'))) };
  }

  /** Resolves when no pod of that scan exists; throws if one still does after two minutes (a kubelet takes its time). */
  async noPodOf(scanId: string): Promise<void> {
    await this.until(async () => !(await this.scanPods()).some((pod) => pod.scan === scanId), `a pod of ${scanId}`);
  }

  async noScanPods(): Promise<void> {
    await this.until(async () => (await this.scanPods()).length === 0, 'a scan pod');
  }

  /** The receipt that the scanner of this scan left, caught while its pod exists. */
  async receiptOf(scanId: string, seconds = 200): Promise<Record<string, unknown>> {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await pause(30)) {
      const pod = (await this.scanPods()).find((one) => one.scan === scanId);
      if (pod?.receipt) return JSON.parse(pod.receipt) as Record<string, unknown>;
    }
    throw new Error(`no receipt of ${scanId} was seen in ${seconds} s`);
  }

  async configMap(name: string, files: Record<string, Buffer>): Promise<void> {
    const binaryData = Object.fromEntries(Object.entries(files).map(([key, bytes]) => [key, bytes.toString('base64')]));
    await this.api.createNamespacedConfigMap({ namespace: this.namespace, body: { metadata: { name }, binaryData } });
  }

  /** Names of the Secrets in the scan namespace. */
  async secrets(): Promise<string[]> {
    const list = await this.api.listNamespacedSecret({ namespace: this.namespace });
    return list.items.map((secret) => secret.metadata?.name ?? '');
  }

  private async until(done: () => Promise<boolean>, what: string): Promise<void> {
    for (const end = Date.now() + 120_000; Date.now() < end; await pause(200)) if (await done()) return;
    throw new Error(`there is still ${what} after 120 s`);
  }
}

function view(pod: V1Pod): PodView {
  const scanner = pod.status?.containerStatuses?.find((container) => container.name === 'scanner');
  return {
    name: pod.metadata?.name ?? '',
    uid: pod.metadata?.uid ?? '',
    scan: pod.metadata?.labels?.['sidescan.dev/scan'] ?? '',
    receipt: scanner?.state?.terminated?.message ?? null,
  };
}

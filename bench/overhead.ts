// What the service costs on top of the scan itself: `npm run bench -- overhead [PAIRS]`.
// A pair is a batch of scans through the HTTP API, and a batch of bare pods: the same manifest, image and auditor command, created, watched and
// read by the same client, with no API, queue, database or store. The ratio is taken pair by pair, so that a machine that drifts does not matter.
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../src/config/config.js';
import { newId } from '../src/domain/ids.js';
import { isReport, parseFrames } from '../src/execution/frames.js';
import { scanPod } from '../src/execution/scan-pod.js';
import { openPodRuntime } from '../src/platform/open-pod-runtime.js';
import type { PodRuntime } from '../src/ports/pod-runtime.js';
import { packProfile, type ProfileArchive } from '../src/profiles/profile-archive.js';
import { startCluster } from '../test/support/cluster.js';
import { anImageTarget } from '../test/support/factories.js';
import { testImage } from '../test/support/images.js';
import makeTemplateDatabase from '../test/support/template-database.js';
import { startE2e, type E2e } from '../test/e2e/e2e.js';

const IMAGE = testImage('distroless-planted');
const SIZES = [1, 10];
const MOST = 10;

/** Seconds from the first submit to the last scan that is completed, as its users see it. */
async function throughService(e2e: E2e, scans: number): Promise<number> {
  const begin = performance.now();
  const submitted = await Promise.all(
    Array.from({ length: scans }, () =>
      e2e.service.submit({ target: { image: IMAGE }, profile: { name: 'container-baseline' } }),
    ),
  );
  await Promise.all(
    submitted.map(async ({ id }) => {
      const { body } = await e2e.service.request<{ state: string }>('GET', `/v1/scans/${id}?wait=60`);
      if (body.state !== 'completed') throw new Error(`${id} is ${body.state}\n${e2e.service.tail()}`);
    }),
  );
  return (performance.now() - begin) / 1000;
}

/** Seconds from the first create to the last report that is read and checked, by a client that does nothing else. */
async function barePods(bare: Bare, pods: number): Promise<number> {
  const begin = performance.now();
  const names = await Promise.all(Array.from({ length: pods }, () => bare.run()));
  const seconds = (performance.now() - begin) / 1000;
  await Promise.all(names.map((name) => bare.runtime.remove(name)));
  return seconds;
}

class Bare {
  private readonly waiting = new Map<string, () => void>();
  private readonly stopped = new AbortController();

  constructor(
    readonly runtime: PodRuntime,
    private readonly config: Config,
    private readonly namespace: string,
    private readonly profile: ProfileArchive,
  ) {
    void runtime.watch((change) => {
      if (change.kind !== 'seen') return;
      const scanner = change.pod.containers.find((container) => container.name === 'scanner');
      if (scanner?.state.kind === 'terminated' && scanner.state.message) this.waiting.get(change.pod.name)?.();
    }, this.stopped.signal);
  }

  async run(): Promise<string> {
    const { config } = this;
    const configMap = `bench-${this.profile.digest.slice(7, 39)}`;
    const key = `${this.profile.name}.tar.gz`;
    await this.runtime.provide({ name: configMap, labels: {}, files: { [key]: this.profile.bytes } });
    const scan = {
      id: newId('scan'),
      attempt: 1,
      target: anImageTarget({ image: IMAGE }),
      timeoutSeconds: 600,
      securityMode: 'general' as const,
      allowTargetCommands: [],
    };
    const manifest = scanPod({
      scan,
      profile: { parts: [{ configMap, key }], digest: this.profile.digest },
      namespace: this.namespace,
      scannerImage: config.scannerImage,
      resources: config.scanner,
      limits: config.limits,
    });
    const { name } = manifest.metadata;
    const done = new Promise<void>((resolve) => this.waiting.set(name, resolve));
    await this.runtime.create(manifest);
    await done;
    const log = await this.runtime.log(name, 'scanner', { maxBytes: 16 * 1024 * 1024 });
    if (!log || !isReport((await parseFrames(log, config.limits.reportBytes)).report))
      throw new Error(`${name} left no report`);
    return name;
  }

  stop(): void {
    this.stopped.abort();
  }
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

async function main(pairs: number): Promise<void> {
  await makeTemplateDatabase();
  const e2e = await startE2e({ SIDESCAN_MAX_PODS: String(MOST) });
  // In a namespace of their own: the service's reaper takes away every pod in its own whose scan it does not know.
  const apart = await startCluster();
  const namespace = apart.scanNamespace;
  const runtime = openPodRuntime({ runtime: 'kubernetes', kubeconfig: apart.workerKubeconfig, namespace });
  const bare = new Bare(runtime, e2e.config, namespace, await packProfile('profiles/container-baseline'));
  try {
    console.log(`end-to-end time of a scan of ${IMAGE}, ${pairs} pairs; seconds as median (min–max)\n`);
    console.log('at once   through the service    bare pods              ratio service / bare');
    for (const size of SIZES) {
      await throughService(e2e, 1);
      await barePods(bare, 1);
      const service: number[] = [];
      const alone: number[] = [];
      for (let i = 0; i < pairs; i++) {
        service.push(await throughService(e2e, size));
        await e2e.cluster.noScanPods();
        alone.push(await barePods(bare, size));
        await pause(500);
      }
      const ratios = service.map((seconds, i) => seconds / (alone[i] ?? NaN));
      console.log(`${String(size).padEnd(9)} ${show(service)} ${show(alone)} ${show(ratios)}`);
    }
  } finally {
    bare.stop();
    await apart.remove();
    await e2e.stop();
  }
}

function show(values: number[]): string {
  const range = `(${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)})`;
  return `${median(values).toFixed(2)} ${range}`.padEnd(22);
}

await main(Number(process.argv.at(1) ?? 5));

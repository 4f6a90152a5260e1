import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { configMapsOf, type PodManifest } from '../../src/domain/pod-manifest.js';
import { MemoryPodRuntime, type ProgramContext } from '../../src/platform/memory/memory-pod-runtime.js';
import { podRuntimeContract, type ProgramName } from './pod-runtime.contract.js';

const IMAGE = 'memory/contract:1';
const forever = (signal: AbortSignal) => sleep(60_000, undefined, { signal }).catch(() => undefined);

podRuntimeContract('memory', () => {
  const made = new Set<string>();
  let runtime: MemoryPodRuntime | null = null;
  /** The files of a pod's volumes: what its containers see. */
  const filesOf = async (manifest: PodManifest) => {
    const items = manifest.spec.volumes
      .flatMap(configMapsOf)
      .flatMap(({ name, items }) => items.map(({ key }) => ({ name, key })));
    return Promise.all(
      items.map(async ({ name, key }) => ({ key, bytes: Buffer.from((await runtime?.readFiles(name))?.[key] ?? []) })),
    );
  };
  /** What the shell lines of the suite do, done here. */
  const programs: Record<ProgramName, (context: ProgramContext) => Promise<number>> = {
    sleep: async ({ signal }) => (await forever(signal), 137),
    ok: ({ print }) => (print('started\n'), Promise.resolve(0)),
    fail3: ({ print }) => (print('to-out\n'), print('to-err\n'), Promise.resolve(3)),
    receipt: ({ leave }) => (leave('{"v":1,"mark":"left"}\n'), Promise.resolve(0)),
    long: ({ print }) => {
      for (let i = 0; i < 40; i++) print(`${String(i).padStart(8_000, '0')}\n`);
      print('end-of-log\n');
      return Promise.resolve(0);
    },
    files: async ({ manifest, print }) => {
      const [file] = await filesOf(manifest);
      print(`${file?.bytes.toString('base64') ?? ''}\n1\n`);
      return 0;
    },
    parts: async ({ manifest, print }) => {
      const files = await filesOf(manifest);
      const whole = createHash('sha256').update(Buffer.concat(files.map((file) => file.bytes)));
      print(`${whole.digest('hex')}  -\n${files.map((file) => `${file.key}\n`).join('')}`);
      return 0;
    },
    secret: ({ secret, print }) => (
      print(`${Buffer.from(secret?.['a.json'] ?? []).toString()}memory\n`),
      Promise.resolve(0)
    ),
    noSecret: async ({ secret, print, signal }) => {
      if (secret) print('secret\n');
      await forever(signal);
      return 137;
    },
    makeReady: async ({ uid }) => (await sleep(100), made.add(uid), 0),
    useReady: async ({ uid, print, signal }) => {
      if (made.has(uid)) print('made\n');
      await forever(signal);
      return 137;
    },
    envAndCaps: ({ print }) => (print('in memory\n'), Promise.resolve(0)),
  };
  const program = (context: ProgramContext) => programs[context.container.command?.[0] as ProgramName](context);
  runtime = new MemoryPodRuntime({ [IMAGE]: program });
  return Promise.resolve({
    runtime,
    namespace: 'memory',
    image: IMAGE,
    missingImage: 'memory/nonsuch:1',
    command: (name: ProgramName) => [name],
    isolates: false,
    secretMode: 'memory',
    secretsOf: () => Promise.resolve([]),
    end: () => Promise.resolve(),
  });
});

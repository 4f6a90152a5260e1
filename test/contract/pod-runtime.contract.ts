import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PodContainer, PodManifest } from '../../src/domain/pod-manifest.js';
import { PodRefused, type PodChange, type PodObservation, type PodRuntime } from '../../src/ports/pod-runtime.js';

/** What the containers of the suite's pods do, by name: a shell line for real engines, and its like for the one in memory. */
export const PROGRAMS = {
  sleep: 'exec sleep 60',
  ok: 'echo started; exit 0',
  fail3: 'echo to-out; echo to-err >&2; exit 3',
  receipt: `printf '%s\\n' '##sidescan receipt {"v":1,"mark":"left"}' | tee /dev/termination-log; sleep 0.2; exit 0`,
  /** 40 lines of 8,000 characters and one last word. */
  long: 'i=0; while [ $i -lt 40 ]; do printf "%08000d\\n" $i; i=$((i+1)); done; echo end-of-log',
  files: 'cat /profile/a.tar.gz | base64; ls /profile | wc -l; exit 0',
  parts: 'cat /profile/a.tar.gz.* | sha256sum; ls /profile; exit 0',
  secret:
    'cat /inputs/a.json; stat -Lc "%a" /inputs/a.json; touch /inputs/x 2>/dev/null && echo writable; sleep 1; ls -d /inputs /proc/[0-9]*/root/inputs 2>/dev/null | grep -c .',
  noSecret: 'ls -d /inputs 2>/dev/null; ls /proc/[0-9]*/root/inputs 2>/dev/null; exec sleep 60',
  makeReady: 'echo made > /sidescan/made; sleep 0.5',
  useReady: 'cat /sidescan/made; touch /sidescan/more 2>/dev/null && echo writable; exec sleep 60',
  envAndCaps:
    'echo "uid=$(id -u) pod=$POD_UID"; grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status; touch /x 2>/dev/null && echo writable; ls /var/run/secrets 2>/dev/null; sleep 1; grep -qs sleep /proc/[0-9]*/comm && echo sees-target',
} as const;
export type ProgramName = keyof typeof PROGRAMS;

/** How the suite makes pods on an engine. */
export interface Engine {
  runtime: PodRuntime;
  namespace: string;
  /** An image that has a shell, and one that does not exist anywhere. */
  image: string;
  missingImage: string;
  command: (program: ProgramName) => string[];
  /** Mode of a file of a Secret as its container sees it. */
  secretMode: string;
  /** Names of what is left of the Secret of a pod that was removed, once the engine had time for it. */
  secretsOf: (pod: string) => Promise<string[]>;
  /** True where user and capabilities are real. */
  isolates: boolean;
  end: () => Promise<void>;
}

const LABELS = { 'app.kubernetes.io/managed-by': 'sidescan', 'app.kubernetes.io/name': 'sidescan-scan' };

/** The suite that every PodRuntime has to pass. */
export function podRuntimeContract(engineName: string, start: () => Promise<Engine>): void {
  describe(`PodRuntime on ${engineName}`, () => {
    let engine: Engine;
    let runtime: PodRuntime;
    const stop = new AbortController();
    const changes: PodChange[] = [];
    const names: string[] = [];
    let watching: Promise<void>;

    beforeAll(async () => {
      engine = await start();
      runtime = engine.runtime;
      watching = runtime.watch((change) => changes.push(change), stop.signal);
    });

    afterEach(async () => {
      await Promise.all(names.splice(0).map((name) => runtime.remove(name)));
    });

    afterAll(async () => {
      if (!engine) return;
      stop.abort();
      await watching;
      await runtime.close();
      await engine.end();
    });

    function pod(
      programs: { toolbox?: ProgramName; target: ProgramName; scanner: ProgramName },
      change: (manifest: PodManifest) => void = () => undefined,
    ): PodManifest {
      const name = `contract-${randomBytes(6).toString('hex')}-1`;
      const container = (of: string, program: ProgramName): PodContainer => ({
        name: of,
        image: engine.image,
        imagePullPolicy: 'IfNotPresent',
        command: engine.command(program),
        env: [{ name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } }],
        resources: { requests: { memory: '16Mi', cpu: '10m' }, limits: { memory: '64Mi', cpu: '500m' } },
        securityContext: { allowPrivilegeEscalation: false, runAsUser: 0 },
        volumeMounts: [],
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      });
      const manifest: PodManifest = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name,
          namespace: engine.namespace,
          labels: { ...LABELS, 'sidescan.dev/scan': name },
          annotations: { 'io.podman.annotations.init.container.type': 'always' },
        },
        spec: {
          restartPolicy: 'Never',
          shareProcessNamespace: true,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          dnsPolicy: 'Default',
          activeDeadlineSeconds: 120,
          terminationGracePeriodSeconds: 1,
          securityContext: {},
          initContainers: programs.toolbox ? [container('toolbox', programs.toolbox)] : [],
          containers: [container('target', programs.target), container('scanner', programs.scanner)],
          volumes: [],
        },
      };
      change(manifest);
      names.push(name);
      return manifest;
    }

    async function until(
      name: string,
      what: string,
      test: (pod: PodObservation) => boolean,
      ms = 40_000,
    ): Promise<PodObservation> {
      const end = Date.now() + ms;
      for (;;) {
        const seen = changes.flatMap((change) =>
          change.kind === 'seen' && change.pod.name === name ? [change.pod] : [],
        );
        const found = seen.find(test);
        if (found) return found;
        if (Date.now() > end) throw new Error(`${name} was never seen ${what}; last: ${JSON.stringify(seen.at(-1))}`);
        await sleep(50);
      }
    }

    const stateOf = (observed: PodObservation, name: string) =>
      observed.containers.find((one) => one.name === name)?.state;
    const ended = (name: string) => (observed: PodObservation) => stateOf(observed, name)?.kind === 'terminated';

    it('answers its check', async () => {
      await runtime.check();
    });

    it('creates a pod, watches it run and end, and reads its log', async () => {
      const manifest = pod({ target: 'sleep', scanner: 'fail3' });
      const { name } = manifest.metadata;
      expect(await runtime.create(manifest)).toBe('created');
      const observed = await until(
        name,
        'with an ended scanner',
        (one) => ended('scanner')(one) && stateOf(one, 'target')?.kind === 'running',
      );
      expect(observed.labels).toMatchObject(manifest.metadata.labels);
      expect(observed.phase).toBe('Running');
      expect(observed.deleting).toBe(false);
      expect(observed.uid).not.toBe('');
      expect(stateOf(observed, 'scanner')).toMatchObject({ kind: 'terminated', exitCode: 3, reason: 'Error' });
      for (const one of observed.containers) expect(one.containerId).toMatch(/^[0-9a-f]{64}$/);
      const log = (await runtime.log(name, 'scanner', { maxBytes: 10_000 }))?.toString() ?? '';
      expect(log).toContain('to-out\n');
      expect(log).toContain('to-err\n');
      expect((await runtime.get(name))?.uid).toBe(observed.uid);
      expect((await runtime.list()).map((one) => one.name)).toContain(name);
    });

    it('says exists when the pod is there already, and runs it once', async () => {
      const manifest = pod({ target: 'sleep', scanner: 'sleep' });
      const answers = [await runtime.create(manifest), await runtime.create(manifest)];
      expect(answers).toEqual(['created', 'exists']);
      await until(manifest.metadata.name, 'running', (one) => stateOf(one, 'scanner')?.kind === 'running');
      expect(await runtime.create(manifest)).toBe('exists');
      expect((await runtime.list()).filter((one) => one.name === manifest.metadata.name)).toHaveLength(1);
    });

    it('brings the receipt that the scanner left, with the end of its container', async () => {
      const manifest = pod({ target: 'sleep', scanner: 'receipt' });
      await runtime.create(manifest);
      const observed = await until(manifest.metadata.name, 'with an ended scanner', ended('scanner'));
      const state = stateOf(observed, 'scanner');
      expect(state).toMatchObject({ kind: 'terminated', exitCode: 0 });
      expect(state?.kind === 'terminated' && state.message).toContain('{"v":1,"mark":"left"}');
    });

    it('reads a long log whole, and no more of it than asked for', async () => {
      const manifest = pod({ target: 'sleep', scanner: 'long' });
      const { name } = manifest.metadata;
      await runtime.create(manifest);
      await until(name, 'with an ended scanner', ended('scanner'));
      const whole =
        (await runtime.log(name, 'scanner', { maxBytes: 1_000_000 }))?.toString().trimEnd().split('\n') ?? [];
      expect(whole).toHaveLength(41);
      expect(whole.slice(0, 40).map((line) => [line.length, Number(line)])).toEqual(
        Array.from({ length: 40 }, (_, i) => [8_000, i]),
      );
      expect(whole.at(-1)).toBe('end-of-log');
      const tail = await runtime.log(name, 'scanner', { maxBytes: 1_000_000, tailLines: 1 });
      expect(tail?.toString().trim()).toBe('end-of-log');
      expect((await runtime.log(name, 'scanner', { maxBytes: 5_000 }))?.length).toBeLessThanOrEqual(5_000);
    });

    it('runs the init container to its end before the others', async () => {
      const manifest = pod({ toolbox: 'makeReady', target: 'useReady', scanner: 'sleep' }, ({ spec }) => {
        spec.volumes = [{ name: 'toolbox', emptyDir: { sizeLimit: '16Mi' } }];
        for (const one of spec.initContainers) one.volumeMounts = [{ name: 'toolbox', mountPath: '/sidescan' }];
        for (const one of spec.containers)
          one.volumeMounts = [{ name: 'toolbox', mountPath: '/sidescan', readOnly: true }];
      });
      const { name } = manifest.metadata;
      await runtime.create(manifest);
      const observed = await until(name, 'running', (one) => stateOf(one, 'target')?.kind === 'running');
      expect(observed.containers.find((one) => one.name === 'toolbox')).toMatchObject({
        init: true,
        state: { kind: 'terminated', exitCode: 0 },
      });
      await sleep(500);
      expect((await runtime.log(name, 'target', { maxBytes: 100 }))?.toString()).toBe('made\n');
    });

    it('keeps volumes of the same name in two pods apart', async () => {
      const withVolume = (manifest: PodManifest) => {
        manifest.spec.volumes = [{ name: 'toolbox', emptyDir: {} }];
        for (const one of [...manifest.spec.initContainers, ...manifest.spec.containers])
          one.volumeMounts = [{ name: 'toolbox', mountPath: '/sidescan' }];
      };
      const first = pod({ toolbox: 'makeReady', target: 'sleep', scanner: 'sleep' }, withVolume);
      const second = pod({ target: 'useReady', scanner: 'sleep' }, withVolume);
      await runtime.create(first);
      await until(first.metadata.name, 'running', (one) => stateOf(one, 'target')?.kind === 'running');
      await runtime.create(second);
      await until(second.metadata.name, 'running', (one) => stateOf(one, 'target')?.kind === 'running');
      await sleep(500);
      expect((await runtime.log(second.metadata.name, 'target', { maxBytes: 1_000 }))?.toString()).not.toContain(
        'made\n',
      );
    });

    it('hands files to a pod, byte by byte, and keeps them while a pod uses them', async () => {
      const bytes = Buffer.from([0, 255, 1, 10, 13, 128, 0]);
      const files = `contract-files-${randomBytes(6).toString('hex')}`;
      await runtime.provide({ name: files, labels: LABELS, files: { 'a.tar.gz': bytes } });
      await runtime.provide({ name: files, labels: LABELS, files: { 'a.tar.gz': bytes } });
      expect(Buffer.from((await runtime.readFiles(files))?.['a.tar.gz'] ?? [])).toEqual(bytes);
      expect(await runtime.readFiles(`${files}-other`)).toBeNull();
      const manifest = pod({ target: 'sleep', scanner: 'files' }, ({ spec }) => {
        spec.volumes = [
          {
            name: 'profile',
            configMap: { name: files, defaultMode: 0o444, items: [{ key: 'a.tar.gz', path: 'a.tar.gz' }] },
          },
        ];
        for (const one of spec.containers)
          one.volumeMounts = one.name === 'scanner' ? [{ name: 'profile', mountPath: '/profile', readOnly: true }] : [];
      });
      const { name } = manifest.metadata;
      await runtime.create(manifest);
      await until(name, 'with an ended scanner', ended('scanner'));
      expect((await runtime.log(name, 'scanner', { maxBytes: 1_000 }))?.toString()).toBe(
        `${bytes.toString('base64')}\n1\n`,
      );
      await runtime.remove(name);
      expect(await runtime.removeUnusedFiles(new Date(Date.now() - 3_600_000))).not.toContain(files);
      expect(await runtime.removeUnusedFiles(new Date(Date.now() + 60_000))).toContain(files);
      expect(await runtime.readFiles(files)).toBeNull();
    });

    it('shows the parts of a large file as one folder, and takes none of them from a pod that was only just created', async () => {
      const whole = Buffer.from(Array.from({ length: 2_000_001 }, (_, i) => (i * 7919) % 251));
      const stem = `contract-parts-${randomBytes(6).toString('hex')}`;
      const parts = [0, 1, 2].map((part) => {
        const key = `a.tar.gz.00${part}`;
        return { name: `${stem}-${part}of3`, key, bytes: whole.subarray(part * 1_000_000, (part + 1) * 1_000_000) };
      });
      for (const { name, key, bytes } of parts)
        await runtime.provide({ name, labels: LABELS, files: { [key]: bytes } });
      const manifest = pod({ target: 'sleep', scanner: 'parts' }, ({ spec }) => {
        const sources = parts.map(({ name, key }) => ({ configMap: { name, items: [{ key, path: key }] } }));
        spec.volumes = [{ name: 'profile', projected: { defaultMode: 0o444, sources } }];
        for (const one of spec.containers)
          one.volumeMounts = one.name === 'scanner' ? [{ name: 'profile', mountPath: '/profile', readOnly: true }] : [];
      });
      const { name } = manifest.metadata;
      await runtime.create(manifest);
      await runtime.removeUnusedFiles(new Date(Date.now() + 60_000));
      await until(name, 'with an ended scanner', ended('scanner'));
      expect((await runtime.log(name, 'scanner', { maxBytes: 1_000 }))?.toString()).toBe(
        `${createHash('sha256').update(whole).digest('hex')}  -\n${parts.map((part) => `${part.key}\n`).join('')}`,
      );
      await runtime.remove(name);
      await runtime.removeUnusedFiles(new Date(Date.now() + 60_000));
      for (const part of parts) expect(await runtime.readFiles(part.name)).toBeNull();
    });

    it('keeps files that were provided again since, as for a scan that is just being launched', async () => {
      const files = { name: `contract-again-${randomBytes(6).toString('hex')}`, labels: LABELS };
      const provide = () => runtime.provide({ ...files, files: { 'a.tar.gz': Buffer.from('again') } });
      await provide();
      await sleep(1_100);
      // A cluster's times are whole seconds: what is made now counts as made when this second began.
      const before = new Date(Math.floor(Date.now() / 1_000) * 1_000);
      const halfAnHourLater = vi.spyOn(Date, 'now').mockReturnValue(before.getTime() + 31 * 60_000);
      await provide().finally(() => halfAnHourLater.mockRestore());
      expect(await runtime.removeUnusedFiles(before)).not.toContain(files.name);
      expect(Buffer.from((await runtime.readFiles(files.name))?.['a.tar.gz'] ?? []).toString()).toBe('again');
      expect(await runtime.removeUnusedFiles(new Date(Date.now() + 3_600_000))).toContain(files.name);
    });

    it('hands a Secret to the container that mounts it and to no other, and takes it away with the pod', async () => {
      const withSecret = (manifest: PodManifest) => {
        const { metadata, spec } = manifest;
        spec.volumes = [{ name: 'inputs', secret: { secretName: `${metadata.name}-inputs`, defaultMode: 0o440 } }];
        for (const one of spec.containers) {
          if (one.name !== 'scanner') continue;
          one.volumeMounts = [{ name: 'inputs', mountPath: '/inputs', readOnly: true }];
          one.securityContext = { ...one.securityContext, capabilities: { drop: ['ALL'], add: ['DAC_READ_SEARCH'] } };
        }
      };
      const manifest = pod({ target: 'noSecret', scanner: 'secret' }, withSecret);
      const { name } = manifest.metadata;
      const bytes = Buffer.from('{"a":"s3cr3t"}\n');
      expect(await runtime.create(manifest, { 'a.json': bytes })).toBe('created');
      expect(await runtime.create(manifest, { 'a.json': bytes })).toBe('exists');
      await until(name, 'with an ended scanner', ended('scanner'));
      const said = (await runtime.log(name, 'scanner', { maxBytes: 1_000 }))?.toString() ?? '';
      expect(said.split('\n').slice(0, 2)).toEqual(['{"a":"s3cr3t"}', engine.secretMode]);
      expect(said).not.toContain('writable');
      expect((await runtime.log(name, 'target', { maxBytes: 1_000 }))?.toString()).toBe('');
      await runtime.remove(name);
      expect(await engine.secretsOf(name)).toEqual([]);
    });

    it('refuses a pod that mounts a Secret and gets none, or never starts it', async () => {
      const manifest = pod({ target: 'sleep', scanner: 'ok' }, ({ metadata, spec }) => {
        spec.volumes = [{ name: 'inputs', secret: { secretName: `${metadata.name}-inputs`, defaultMode: 0o440 } }];
        for (const one of spec.containers)
          if (one.name === 'scanner') one.volumeMounts = [{ name: 'inputs', mountPath: '/inputs', readOnly: true }];
      });
      const made = await runtime.create(manifest).catch((error: unknown) => error);
      if (made === 'created') {
        // As a worker leaves it that is killed between pod and Secret: whoever comes next provides it, and the pod runs.
        await sleep(1_000);
        const observed = await runtime.get(manifest.metadata.name);
        expect(observed?.containers.map((one) => one.state.kind)).toEqual(['waiting', 'waiting']);
        expect(await runtime.create(manifest, { 'a.json': Buffer.from('{}') })).toBe('exists');
        await until(manifest.metadata.name, 'with an ended scanner', ended('scanner'), 60_000);
      } else expect(made).toBeInstanceOf(PodRefused);
    }, 90_000);

    it('shows an image that does not exist as a waiting container with the reason', async () => {
      const manifest = pod({ target: 'sleep', scanner: 'sleep' }, ({ spec }) => {
        for (const one of spec.containers) if (one.name === 'target') one.image = engine.missingImage;
      });
      await runtime.create(manifest);
      const waits = (one: PodObservation) => {
        const state = stateOf(one, 'target');
        return (
          state?.kind === 'waiting' &&
          ['ErrImagePull', 'ImagePullBackOff'].includes(state.reason) &&
          state.message !== ''
        );
      };
      const observed = await until(manifest.metadata.name, 'with a pull failure', waits);
      expect(stateOf(observed, 'target')).toMatchObject({ kind: 'waiting' });
      expect(await runtime.remove(manifest.metadata.name)).toBe('gone');
      expect(await runtime.get(manifest.metadata.name)).toBeNull();
    });

    it('removes a pod, says so to the watcher, and does not mind one that is not there', async () => {
      const manifest = pod({ target: 'sleep', scanner: 'sleep' });
      const { name } = manifest.metadata;
      await runtime.create(manifest);
      await until(name, 'running', (one) => stateOf(one, 'scanner')?.kind === 'running');
      expect(await runtime.remove(name)).toBe('gone');
      expect(await runtime.get(name)).toBeNull();
      expect(await runtime.log(name, 'scanner', { maxBytes: 100 })).toBeNull();
      const end = Date.now() + 10_000;
      while (!changes.some((change) => change.kind === 'gone' && change.name === name) && Date.now() < end)
        await sleep(50);
      expect(changes).toContainEqual({ kind: 'gone', name });
      expect(await runtime.remove(name)).toBe('gone');
      expect(await runtime.remove('contract-never-was')).toBe('gone');
    });

    it('tells a second watcher of the pods that exist, and ends a watch by its signal', async () => {
      const manifest = pod({ target: 'sleep', scanner: 'sleep' });
      await runtime.create(manifest);
      const seen: string[] = [];
      const second = new AbortController();
      const watch = runtime.watch(
        (change) => seen.push(change.kind === 'seen' ? change.pod.name : change.name),
        second.signal,
      );
      const end = Date.now() + 10_000;
      while (!seen.includes(manifest.metadata.name) && Date.now() < end) await sleep(50);
      second.abort();
      await watch;
      expect(seen).toContain(manifest.metadata.name);
    });

    it('ends a pod at its deadline and says that it was the deadline', async () => {
      const manifest = pod({ target: 'sleep', scanner: 'sleep' }, ({ spec }) => (spec.activeDeadlineSeconds = 3));
      await runtime.create(manifest);
      const observed = await until(
        manifest.metadata.name,
        'past its deadline',
        (one) => one.reason === 'DeadlineExceeded',
      );
      expect(observed.phase).toBe('Failed');
    });

    it('gives the scanner its user, its capabilities and nothing of the cluster', async () => {
      const manifest = pod({ target: 'sleep', scanner: 'envAndCaps' }, ({ spec }) => {
        for (const one of spec.containers) {
          if (one.name !== 'scanner') continue;
          one.securityContext = {
            runAsUser: 0,
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'], add: ['SYS_PTRACE', 'DAC_READ_SEARCH'] },
            seccompProfile: { type: 'RuntimeDefault' },
          };
        }
      });
      const { name } = manifest.metadata;
      await runtime.create(manifest);
      const observed = await until(name, 'with an ended scanner', ended('scanner'));
      const lines = (await runtime.log(name, 'scanner', { maxBytes: 10_000 }))?.toString().trim().split('\n');
      const expected = [
        `uid=0 pod=${observed.uid}`,
        'CapEff:\t0000000000080004',
        'NoNewPrivs:\t1',
        'Seccomp:\t2',
        'sees-target',
      ];
      expect(lines).toEqual(engine.isolates ? expected : ['in memory']);
    });
  });
}

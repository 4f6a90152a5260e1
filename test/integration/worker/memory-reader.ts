import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { configMapsOf } from '../../../src/domain/pod-manifest.js';
import { MemoryPodRuntime, type ProgramContext } from '../../../src/platform/memory/memory-pod-runtime.js';

const SCANNER_IMAGE = 'localhost/sidescan-scanner:dev';

type Json = Record<string, unknown>;

/** What the reader of a test prints and leaves beside what the real one does. */
export interface Reading {
  document?: unknown;
  /** Waited for before anything is printed. */
  until?: Promise<unknown>;
  /** Changes the receipt before it is left; null leaves none. */
  receipt?: (receipt: Json) => Json | null;
  log?: (log: string) => string;
}

export const CONTROLS = ['one', 'two', 'three'].map((id) => {
  return {
    id,
    title: `Title of ${id}`,
    desc: 'd',
    impact: 0.7,
    tags: { nist: ['AC-1'] },
    refs: [],
    code: `control '${id}'`,
  };
});
export const DOCUMENT = { v: 1, profile: { name: 'p', version: '1' }, controls: CONTROLS, problems: [] as unknown[] };

/** An engine in memory whose scanner image reads profiles as docs/scan-pod.md says, from the files that its pod mounts. */
export function readers(of: (attempt: number) => Reading = () => ({})): MemoryPodRuntime {
  const runtime: MemoryPodRuntime = new MemoryPodRuntime({
    [SCANNER_IMAGE]: (context) => read(runtime, context, of(Number(option(context, '--attempt')))),
  });
  return runtime;
}

/** Reads a profile as the scanner's `describe` does. */
export async function read(runtime: MemoryPodRuntime, context: ProgramContext, reading: Reading): Promise<number> {
  await reading.until;
  if (context.signal.aborted) return 137;
  const document = Buffer.from(JSON.stringify(reading.document ?? DOCUMENT));
  const sha256 = createHash('sha256').update(document).digest('hex');
  const gzip = gzipSync(document);
  const digest = await archiveDigest(runtime, context);
  const honest: Json = {
    v: 1,
    kind: 'profile',
    digest: option(context, '--profile-digest'),
    attempt: Number(option(context, '--attempt')),
    ok: true,
    report: { sha256, bytes: document.length, gzipBytes: gzip.length },
    profile: { name: 'p', version: '1', digest },
    error: null,
  };
  const receipt = reading.receipt ? reading.receipt(honest) : honest;
  const header = { encoding: 'gzip+base64', bytes: document.length, gzipBytes: gzip.length, sha256, lines: 1 };
  const log = `##sidescan report ${JSON.stringify(header)}\n##sidescan 1 ${gzip.toString('base64')}\n##sidescan end\n`;
  context.print(reading.log ? reading.log(log) : log);
  if (receipt) context.leave(JSON.stringify(receipt));
  return receipt?.ok === true ? 0 : 1;
}

/** Of the files that the pod mounts, joined in their order. */
async function archiveDigest(runtime: MemoryPodRuntime, { manifest }: ProgramContext): Promise<string> {
  const hash = createHash('sha256');
  for (const { name, items } of manifest.spec.volumes.flatMap(configMapsOf))
    for (const { key } of items) hash.update((await runtime.readFiles(name))?.[key] ?? '');
  return `sha256:${hash.digest('hex')}`;
}

function option({ container }: ProgramContext, name: string): string {
  const words = container.command ?? [];
  return words[words.indexOf(name) + 1] ?? '';
}

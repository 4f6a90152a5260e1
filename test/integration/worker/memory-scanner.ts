import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import {
  MemoryPodRuntime,
  type Program,
  type ProgramContext,
} from '../../../src/platform/memory/memory-pod-runtime.js';
import { read } from './memory-reader.js';

export const TARGET_IMAGE = 'registry.example/shop/web:1.0';
const SCANNER_IMAGE = 'localhost/sidescan-scanner:dev';

/** A report of a real run: 19 controls of all statuses. */
export const REPORT = readFileSync(join(import.meta.dirname, '../../fixtures/reports/live-mixed.json'));

type Json = Record<string, unknown>;

/** What the scanner of a test does beside what the real one does. */
export interface Behaviour {
  report?: Buffer;
  /** Waited for before the report is written. */
  until?: Promise<unknown>;
  /** Changes the receipt before it is left; null leaves none. */
  receipt?: (receipt: Json, context: ProgramContext) => Json | null;
  /** Changes what is printed. */
  log?: (log: string) => string;
  exitCode?: number;
  /** The target ends at once with this code. */
  targetExits?: number;
}

/** An engine in memory with an image to scan, and a scanner that keeps the contract of docs/scan-pod.md. */
export function engine(behaviour: Behaviour | ((scanId: string) => Behaviour) = {}): MemoryPodRuntime {
  const of = typeof behaviour === 'function' ? behaviour : () => behaviour;
  const scanners = new Map<string, ReturnType<typeof gate>>();
  const endOfScanner = (context: ProgramContext) => {
    const known = scanners.get(context.uid) ?? gate();
    scanners.set(context.uid, known);
    return known;
  };
  const ours: Program = (context) =>
    // The pod of no scan reads a profile's texts.
    scanIdOf(context) === ''
      ? read(runtime, context, {})
      : context.container.name === 'toolbox'
        ? Promise.resolve(0)
        : scan(context, of(scanIdOf(context))).finally(endOfScanner(context).open);
  // A held target ends after its scanner.
  const target: Program = async (context) => {
    const { targetExits } = of(scanIdOf(context));
    if (targetExits !== undefined) return targetExits;
    await Promise.race([forever(context.signal), endOfScanner(context).opened]);
    return context.signal.aborted ? 137 : 0;
  };
  const runtime: MemoryPodRuntime = new MemoryPodRuntime({ [TARGET_IMAGE]: target, [SCANNER_IMAGE]: ours });
  return runtime;
}

/** A promise that a test fulfils when it wants to. */
export function gate(): { open: () => void; opened: Promise<void> } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

async function scan(context: ProgramContext, behaviour: Behaviour): Promise<number> {
  const report = behaviour.report ?? REPORT;
  // The last second of a pod that is removed: the scanner ends with it.
  const ended = forever(context.signal);
  await Promise.race([behaviour.until ?? sleep(20), ended]);
  if (context.signal.aborted) return 137;
  const sha256 = createHash('sha256').update(report).digest('hex');
  const gzip = gzipSync(report);
  const lines = gzip.toString('base64').match(/.{1,8192}/g) ?? [];
  const header = { encoding: 'gzip+base64', bytes: report.length, gzipBytes: gzip.length, sha256, lines: lines.length };
  const honest: Json = {
    v: 1,
    scan: option(context, '--scan'),
    attempt: Number(option(context, '--attempt')),
    ok: true,
    exitCode: 100,
    report: { sha256, bytes: report.length, gzipBytes: gzip.length },
    profile: { name: 'container-baseline', version: '1.0.0', digest: option(context, '--profile-digest') },
    inputs: context.secret && { digest: digestOf(context.secret) },
    target: {
      container: 'target',
      pid: 17,
      containerId: context.containerIds.target,
      proof: option(context, '--proof'),
      podUid: context.uid,
    },
    auditor: { name: 'inspec-core', version: '5.24.24' },
    coverage: {
      inProcess: 3,
      toolbox: 2,
      target: 0,
      refused: 1,
      refusedPrograms: ['nginx'],
      targetPrograms: [],
      cut: 0,
    },
    error: null,
  };
  const receipt = behaviour.receipt ? behaviour.receipt(honest, context) : honest;
  const frames = [
    `##sidescan report ${JSON.stringify(header)}`,
    ...lines.map((line, i) => `##sidescan ${i + 1} ${line}`),
    '##sidescan end',
  ];
  const log = ['scanning', ...frames, ...(receipt ? [`##sidescan receipt ${JSON.stringify(receipt)}`] : []), ''].join(
    '\n',
  );
  context.print(behaviour.log ? behaviour.log(log) : log);
  if (receipt) context.leave(JSON.stringify(receipt));
  return behaviour.exitCode ?? (receipt?.ok === true ? 0 : 1);
}

/** As the scanner takes it of the files that it finds, whatever its command line says. */
function digestOf(files: Readonly<Record<string, Uint8Array>>): string {
  const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
  const lines = Object.keys(files)
    .sort()
    .map((name) => `${sha256(files[name] ?? '')}  ${name}\n`);
  return `sha256:${sha256(lines.join(''))}`;
}

function option({ container }: ProgramContext, name: string): string {
  const words = container.command ?? [];
  return words[words.indexOf(name) + 1] ?? '';
}

function scanIdOf({ manifest }: ProgramContext): string {
  return manifest.metadata.labels['sidescan.dev/scan'] ?? '';
}

async function forever(signal: AbortSignal): Promise<void> {
  await sleep(600_000, undefined, { signal }).catch(() => undefined);
}

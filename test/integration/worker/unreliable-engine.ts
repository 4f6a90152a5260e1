import { PodRuntime, type PodChange } from '../../../src/ports/pod-runtime.js';

/** An engine as one worker sees it in bad hours. */
export interface UnreliableEngine {
  runtime: PodRuntime;
  /** No call is answered, and no change told of, until `answer`. */
  hang(): void;
  answer(): void;
  /** Every call fails, and the watch is closed, until `work`. */
  fail(): void;
  work(): void;
}

/** Puts an engine behind a line that hangs and fails when a test says so. The watch lists again after every gap, as that of a cluster does. */
export function unreliable(engine: PodRuntime): UnreliableEngine {
  let hanging: { resume: () => void; over: Promise<void> } | null = null;
  let failing = false;
  let relist = (): void => undefined;

  async function watch(onChange: (change: PodChange) => void, signal: AbortSignal): Promise<void> {
    const known = new Set<string>();
    const tell = (change: PodChange): void => {
      if (hanging || failing) return;
      if (change.kind === 'seen') known.add(change.pod.name);
      else known.delete(change.name);
      onChange(change);
    };
    relist = () =>
      void engine.list().then((pods) => {
        const there = new Set(pods.map((pod) => pod.name));
        for (const name of known) if (!there.has(name)) tell({ kind: 'gone', name });
        for (const pod of pods) tell({ kind: 'seen', pod });
      });
    await engine.watch(tell, signal);
  }

  const runtime = new Proxy(engine, {
    get(target, property) {
      if (property === 'watch') return watch;
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]): Promise<unknown> => {
        if (hanging) await hanging.over;
        if (failing) throw new Error('the engine answers 500');
        return (value as (...of: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  return {
    runtime,
    hang: () => {
      let resume = (): void => undefined;
      const over = new Promise<void>((resolve) => (resume = resolve));
      hanging ??= { resume, over };
    },
    answer: () => {
      hanging?.resume();
      hanging = null;
      relist();
    },
    fail: () => (failing = true),
    work: () => {
      failing = false;
      relist();
    },
  };
}

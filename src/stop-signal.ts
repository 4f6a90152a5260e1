const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * For the start of a program: from now on a signal that asks for its end is obeyed at once. The kernel does that for every process but the first
 * of a container, which would go on until it is killed. Returns the function that ends this rule and resolves with the first signal after it.
 */
export function endOnSignals(): () => Promise<NodeJS.Signals> {
  const end = (): never => process.exit(1);
  for (const signal of SIGNALS) process.once(signal, end);
  return () =>
    new Promise((resolve) => {
      for (const signal of SIGNALS) process.off(signal, end).once(signal, () => resolve(signal));
    });
}

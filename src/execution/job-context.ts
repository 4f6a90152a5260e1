import { AsyncLocalStorage } from 'node:async_hooks';

/** What a line of the log is about, wherever it is written: one can then be found by the scan or the profile. */
export const jobContext = new AsyncLocalStorage<Readonly<{ scan?: string; attempt?: number; profile?: string }>>();

import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** What the set-up keeps between runs, for all that runs in this folder: locks, settings, stamps; git-ignored. */
export const SETUP = join(ROOT, '.sidescan');
/** What a quickstart keeps between starts: its databases, reports, logs and key. */
export const DATA = resolve(process.env.SIDESCAN_DATA || SETUP);
/** What test runs keep while they run; git-ignored. */
export const TEST_DATA = join(ROOT, '.test');

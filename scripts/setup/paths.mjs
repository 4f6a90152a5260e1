import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** What quickstart and the set-up keep between runs; git-ignored. */
export const DATA = join(ROOT, '.sidescan');
/** What test runs keep while they run; git-ignored. */
export const TEST_DATA = join(ROOT, '.test');

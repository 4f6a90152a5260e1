import { Prisma } from './generated/client.js';

/** Prisma: cannot reach, timed out, connection closed, pool timeout, transaction could not start. */
const PRISMA_CODES = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028']);
/** Node's socket errors, and Postgres' connection exceptions, operator intervention (57P0x) and "too many connections". */
const DRIVER_CODES = /^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EPIPE|08\w{3}|57P0[1-3]|53300)$/;
const DRIVER_MESSAGES = /timeout exceeded when trying to connect|Connection terminated|Can't reach database server/i;

/** True if a query failed because the database does not answer, and not because of the query. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof Prisma.PrismaClientInitializationError) return true;
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code = 'code' in at ? String(at.code) : '';
    if (PRISMA_CODES.has(code) || DRIVER_CODES.test(code) || DRIVER_MESSAGES.test(at.message)) return true;
  }
  return false;
}

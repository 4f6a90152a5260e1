import { Prisma } from './generated/client.js';

/** Prisma: cannot reach, timed out, connection closed, pool timeout, transaction could not start. */
const PRISMA_CODES = new Set([
  'P1000',
  'P1001',
  'P1002',
  'P1003',
  'P1008',
  'P1010',
  'P1017',
  'P2024',
  'P2028',
  'P2037',
]);
/**
 * Node's socket errors, and of Postgres: connection exceptions (08), authorization (28), no such database (3D000), takes no connections (55000),
 * shutting down (57P0x), too many connections (53300), took too long (57014), was silent in a transaction (25P03).
 */
const DRIVER_CODES =
  /^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EPIPE|(08|28)\w{3}|3D000|55000|57P0[1-3]|57014|25P03|53300)$/;
const DRIVER_MESSAGES = /timeout exceeded when trying to connect|Connection terminated|Can't reach database server/i;

/** True if a query failed because the database does not answer, and not because of the query. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof Prisma.PrismaClientInitializationError) return true;
  for (let at: unknown = error, depth = 0; typeof at === 'object' && at !== null && depth < 6; depth++) {
    const { code, originalCode, message, meta, cause } = at as Readonly<Record<string, unknown>>;
    if (PRISMA_CODES.has(String(code)) || DRIVER_CODES.test(String(originalCode ?? code))) return true;
    if (typeof message === 'string' && DRIVER_MESSAGES.test(message)) return true;
    // Prisma keeps what the driver said in `meta`, not in `cause`.
    at = (meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError ?? cause;
  }
  return false;
}

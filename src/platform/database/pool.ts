import type { Socket } from 'node:net';
import pg from 'pg';

/** How long a query waits for a connection before it fails, in milliseconds: a readiness check must not hang. */
const CONNECT_TIMEOUT_MS = 5_000;
/** The longest that the server works on one statement, and that a session may sit in a transaction, holding its locks, and say nothing. */
const STATEMENT_MS = 30_000;
const IDLE_IN_TRANSACTION_MS = 40_000;
/** A server that vanished without a word (a failover, a cut network) leaves connections on which nothing ever comes: after so long they are closed. */
const SILENCE_MS = 45_000;

export interface Patience {
  statementMs: number;
  idleInTransactionMs: number;
  silenceMs: number;
}

/** A pool of at most `connections` connections in which nothing hangs for good: neither here when the server is gone, nor there when we are. */
export function openPool(
  databaseUrl: string,
  connections: number,
  { statementMs, idleInTransactionMs, silenceMs }: Patience = {
    statementMs: STATEMENT_MS,
    idleInTransactionMs: IDLE_IN_TRANSACTION_MS,
    silenceMs: SILENCE_MS,
  },
): pg.Pool {
  const settings: Readonly<Record<string, number>> = {
    statement_timeout: statementMs,
    // A worker whose machine is gone would otherwise keep the lock at the cap for hours, until TCP itself gives up.
    idle_in_transaction_session_timeout: idleInTransactionMs,
  };
  const set = Object.entries(settings).map(([name, ms]) => `SET ${name} = ${ms}`);
  const prepare = async (client: pg.ClientBase): Promise<void> => {
    const socket = socketOf(client);
    const silent = `Connection terminated: the database was silent for ${silenceMs} ms`;
    socket.setTimeout(silenceMs, () => socket.destroy(new Error(silent)));
    // As statements: a connection pooler would refuse them as parameters of the start.
    await client.query(set.join('; '));
  };
  return new pg.Pool({
    connectionString: databaseUrl,
    max: connections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool waits for it, whatever its type says
    onConnect: prepare,
  });
}

/** The driver has no limit of its own that closes the connection: after its `query_timeout` it goes on using one that is dead. */
function socketOf(client: pg.ClientBase): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

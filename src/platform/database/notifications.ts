import { Logger, type OnModuleDestroy } from '@nestjs/common';
import pg from 'pg';

/** How often the listening connection proves that it lives and waiters read again, in milliseconds. */
const HEARTBEAT_MS = 10_000;
const RECONNECT_MS = 1_000;

type Wake = () => void;

/** Someone who waits for one scan or profile. */
export interface Watch {
  /** Resolves at the next change of it since the last call, after `ms`, or when the process shuts down; true if there is reason to read again. */
  next(ms: number): Promise<boolean>;
  close(): void;
}

/**
 * Changes of scans, and of the texts of profiles, as they are committed: one connection for the process that does LISTEN. Notifications can be lost only while that
 * connection is down, so waiters are woken when it comes back; a heartbeat finds one that died without a word.
 */
export class ChangeNotifications implements OnModuleDestroy {
  private readonly logger = new Logger(ChangeNotifications.name);
  private readonly waiters = new Map<string, Set<Wake>>();
  private client: pg.Client | null = null;
  private heartbeat: NodeJS.Timeout | null = null;
  private reconnect: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(private readonly databaseUrl: string) {}

  /** Watches a scan by its id, or a profile's texts by their digest. Watch first, then read: a change in between is not missed. */
  watch(id: string): Watch {
    if (this.client === null && this.reconnect === null && !this.closed) void this.connect();
    let changed = false;
    let wake: Wake | null = null;
    const onChange: Wake = () => {
      changed = true;
      wake?.();
    };
    const set = this.waiters.get(id) ?? new Set<Wake>();
    this.waiters.set(id, set.add(onChange));
    return {
      next: async (ms) => {
        if (!changed && !this.closed)
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, ms);
            wake = () => {
              clearTimeout(timer);
              resolve();
            };
          });
        wake = null;
        const answer = changed && !this.closed;
        changed = false;
        return answer;
      },
      close: () => {
        wake?.();
        set.delete(onChange);
        if (set.size === 0 && this.waiters.get(id) === set) this.waiters.delete(id);
      },
    };
  }

  /** What `read` answers as soon as that is `enough`, or as it is after `seconds` or when the caller has gone. */
  async until<T>(
    id: string,
    seconds: number,
    gone: AbortSignal,
    read: () => Promise<T>,
    enough: (value: T) => boolean,
  ): Promise<T> {
    const until = Date.now() + seconds * 1000;
    const watch = this.watch(id);
    const letGo = (): void => watch.close();
    gone.addEventListener('abort', letGo, { once: true });
    try {
      for (;;) {
        const value = await read();
        const left = until - Date.now();
        if (enough(value) || left <= 0 || gone.aborted) return value;
        if (!(await watch.next(left))) return await read();
      }
    } finally {
      gone.removeEventListener('abort', letGo);
      watch.close();
    }
  }

  /** Lets every waiter go at once, so that a shutdown does not last as long as the longest wait. */
  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    if (this.heartbeat) clearInterval(this.heartbeat);
    if (this.reconnect) clearTimeout(this.reconnect);
    this.wakeAll();
    await this.client?.end().catch(() => undefined); // the server may be gone already
  }

  private async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.databaseUrl,
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
    });
    this.client = client;
    client.on('notification', ({ payload }) => this.waiters.get(payload ?? '')?.forEach((wake) => wake()));
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client, new Error('the connection ended')));
    try {
      await client.connect();
      await client.query('LISTEN scan_state; LISTEN profile_text');
      this.heartbeat ??= setInterval(() => void this.beat(), HEARTBEAT_MS).unref();
      this.wakeAll(); // what changed while nobody listened
    } catch (error) {
      this.lost(client, error);
    }
  }

  private async beat(): Promise<void> {
    const client = this.client;
    if (client === null) return;
    await client.query('SELECT 1').catch((error: unknown) => this.lost(client, error));
    this.wakeAll();
  }

  private lost(client: pg.Client, error: unknown): void {
    if (this.client !== client || this.closed) return;
    this.client = null;
    this.logger.warn(`lost the connection that listens for changes: ${String(error)}`);
    client.end().catch(() => undefined); // it is broken already
    this.reconnect = setTimeout(() => {
      this.reconnect = null;
      void this.connect();
    }, RECONNECT_MS).unref();
  }

  private wakeAll(): void {
    for (const set of this.waiters.values()) set.forEach((wake) => wake());
  }
}

import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/client.js';

/** How long a query waits for a connection before it fails, in milliseconds: a readiness check must not hang. */
const CONNECT_TIMEOUT_MS = 5_000;

/** The database of one process: a pool of at most `connections` connections, opened when first used. */
export class PrismaService extends PrismaClient {
  constructor(databaseUrl: string, connections = 10) {
    super({
      adapter: new PrismaPg({
        connectionString: databaseUrl,
        max: connections,
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      }),
      // A claim waits for its turn at the cap (ScansRepository.claim): more than Prisma's 2 s and 5 s under load.
      transactionOptions: { maxWait: 10_000, timeout: 30_000 },
    });
  }

  /** Closes the pool when the application shuts down. */
  async onApplicationShutdown(): Promise<void> {
    await this.$disconnect();
  }
}

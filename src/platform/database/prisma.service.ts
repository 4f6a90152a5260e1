import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient, type Prisma } from './generated/client.js';
import { openPool } from './pool.js';

/** The database of one process: a pool of at most `connections` connections, opened when first used. */
export class PrismaService extends PrismaClient {
  constructor(databaseUrl: string, connections = 10) {
    super({
      adapter: new PrismaPg(openPool(databaseUrl, connections), { disposeExternalPool: true }),
      errorFormat: 'minimal', // an error goes into one line of the log, and the source is not there to be shown
      // A claim waits for its turn at the cap (ScansRepository.claim): more than Prisma's 2 s and 5 s under load.
      transactionOptions: { maxWait: 10_000, timeout: 30_000 },
    });
  }

  /** Closes the pool when the application shuts down. */
  async onApplicationShutdown(): Promise<void> {
    await this.$disconnect();
  }
}

/** The time that counts: that of the database, of which there is one. Clocks of API and workers may differ. */
export async function databaseTime(client: Pick<Prisma.TransactionClient, '$queryRaw'>): Promise<Date> {
  const [row] = await client.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
  if (!row) throw new Error('the database told no time');
  return row.now;
}

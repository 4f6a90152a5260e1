import { Prisma } from './generated/client.js';
import { readMigrations } from './migrate.js';
import type { PrismaService } from './prisma.service.js';

/** The database was not brought to this version; the message says how. */
export class NotMigratedError extends Error {}

/** Throws NotMigratedError if the database lacks a migration of this version; the error of the query if it does not answer. */
export async function assertMigrated(prisma: PrismaService): Promise<void> {
  const applied = new Set(await appliedMigrations(prisma));
  const missing = (await readMigrations()).map((migration) => migration.name).filter((name) => !applied.has(name));
  if (missing.length === 0) return;
  throw new NotMigratedError(`the database lacks the migrations ${missing.join(', ')}: run "npm run migrate"`);
}

async function appliedMigrations(prisma: PrismaService): Promise<string[]> {
  const [{ there } = { there: false }] = await prisma.$queryRaw<{ there: boolean }[]>(
    Prisma.sql`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there`,
  );
  if (!there) return [];
  const rows = await prisma.$queryRaw<{ migration_name: string }[]>`
    SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`;
  return rows.map((row) => row.migration_name);
}

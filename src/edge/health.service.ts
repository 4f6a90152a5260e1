import { Injectable, Logger } from '@nestjs/common';
import { assertMigrated, NotMigratedError } from '../platform/database/migrated.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { JobQueue, NotConfigured } from '../ports/job-queue.js';
import { ObjectStore } from '../ports/object-store.js';

export interface PartHealth {
  ready: boolean;
  /** Why not, in a few words; the log has the rest. */
  reason: string | null;
}

export type Parts = Record<'database' | 'queue' | 'store', PartHealth>;

/** A part that does not answer within this time is not ready, in milliseconds. */
const PATIENCE_MS = 3_000;
/** Anyone may ask, so the parts are asked at most once in this time, in milliseconds. */
const REMEMBERED_MS = 1_000;

/** Whether the parts that requests need are there. */
@Injectable()
export class HealthService {
  private readonly logger = new Logger(HealthService.name);
  private asked: { at: number; parts: Promise<Parts> } | null = null;

  constructor(
    private readonly prisma: PrismaService,
    private readonly queue: JobQueue,
    private readonly store: ObjectStore,
  ) {}

  async parts(): Promise<Parts> {
    if (this.asked === null || Date.now() - this.asked.at > REMEMBERED_MS) {
      this.asked = { at: Date.now(), parts: this.ask() };
    }
    return this.asked.parts;
  }

  private async ask(): Promise<Parts> {
    const [database, queue, store] = await Promise.all([
      this.part('database', () => assertMigrated(this.prisma)),
      this.part('queue', () => this.queue.check()),
      this.part('store', () => this.store.check()),
    ]);
    return { database, queue, store };
  }

  private async part(name: string, probe: () => Promise<void>): Promise<PartHealth> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    });
    try {
      await Promise.race([probe(), late]);
      return { ready: true, reason: null };
    } catch (error) {
      this.logger.warn(`${name} is not ready: ${error instanceof Error ? error.message : String(error)}`);
      return {
        ready: false,
        reason:
          error instanceof NotMigratedError || error instanceof NotConfigured
            ? error.message
            : 'does not answer as it should',
      };
    } finally {
      clearTimeout(timer);
    }
  }
}

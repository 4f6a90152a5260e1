import { Injectable } from '@nestjs/common';
import { newId } from '../domain/ids.js';
import type { Threshold as ThresholdRow } from '../platform/database/generated/client.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { storableJson } from '../platform/database/storable.js';

/** Bounds under a name, as they were given (an object, or text). */
export interface NamedThreshold {
  name: string;
  definition: unknown;
  createdAt: Date;
  updatedAt: Date;
}

/** The named thresholds of one project; those of others are never found. */
@Injectable()
export class ThresholdsRepository {
  constructor(private readonly prisma: PrismaService) {}

  async find(projectId: string, name: string): Promise<NamedThreshold | null> {
    const row = await this.prisma.threshold.findUnique({ where: { projectId_name: { projectId, name } } });
    return row === null ? null : thresholdFromRow(row);
  }

  /** At most `limit`, by name, after this name. */
  async page(projectId: string, limit: number, after: string | null): Promise<NamedThreshold[]> {
    const rows = await this.prisma.threshold.findMany({
      where: { projectId, ...(after === null ? {} : { name: { gt: after } }) },
      orderBy: { name: 'asc' },
      take: limit,
    });
    return rows.map(thresholdFromRow);
  }

  /** Stores it if the name is free; null if it is not. Of two who come at once, one gets it. */
  async create(projectId: string, name: string, definition: unknown): Promise<NamedThreshold | null> {
    const id = newId('threshold');
    const fresh = { id, projectId, name, definition: storableJson(definition) };
    const [row] = await this.prisma.threshold.createManyAndReturn({ data: [fresh], skipDuplicates: true });
    return row === undefined ? null : thresholdFromRow(row);
  }

  /** Gives the name another definition; null if there is none of that name. */
  async replace(projectId: string, name: string, definition: unknown): Promise<NamedThreshold | null> {
    const [row] = await this.prisma.threshold.updateManyAndReturn({
      where: { projectId, name },
      data: { definition: storableJson(definition), updatedAt: new Date() },
    });
    return row === undefined ? null : thresholdFromRow(row);
  }

  /** True if it was there. */
  async remove(projectId: string, name: string): Promise<boolean> {
    const { count } = await this.prisma.threshold.deleteMany({ where: { projectId, name } });
    return count === 1;
  }
}

function thresholdFromRow({ name, definition, createdAt, updatedAt }: ThresholdRow): NamedThreshold {
  return { name, definition, createdAt, updatedAt };
}

import { Injectable } from '@nestjs/common';
import { PrismaService } from '../platform/database/prisma.service.js';

/** What the reports of one profile in one project are described by. */
export interface ReportDictionary {
  sha256: string;
  bytes: number;
}

/** Which dictionary the reports of a project's profile use: the first that is named stays. */
@Injectable()
export class ReportDictionariesRepository {
  constructor(private readonly prisma: PrismaService) {}

  async find(projectId: string, profileDigest: string): Promise<ReportDictionary | null> {
    return this.prisma.reportDictionary.findUnique({
      where: { projectId_profileDigest: { projectId, profileDigest } },
      select: { sha256: true, bytes: true },
    });
  }

  /** Names a dictionary if there is none yet, and answers the one that holds: of many who come at once, all get the same. */
  async name(projectId: string, profileDigest: string, dictionary: ReportDictionary): Promise<ReportDictionary> {
    const { sha256, bytes } = dictionary;
    const data = { projectId, profileDigest, sha256, bytes };
    await this.prisma.reportDictionary.createMany({ data, skipDuplicates: true });
    return (await this.find(projectId, profileDigest)) ?? dictionary;
  }
}

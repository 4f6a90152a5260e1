import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { packProfile, type ProfileArchive } from './profile-archive.js';
import { ProfilesRepository } from './profiles.repository.js';

/** profiles/ of this package, from src/ and from dist/ alike. */
const PROFILES_DIR = fileURLToPath(new URL('../../profiles', import.meta.url));

/** The profiles that this version ships: packed once, and registered for all projects when the process starts. */
@Injectable()
export class BuiltInProfiles implements OnApplicationBootstrap {
  private readonly logger = new Logger(BuiltInProfiles.name);
  private packed: Promise<ProfileArchive[]> | null = null;

  constructor(private readonly profiles: ProfilesRepository) {}

  /** The archives; packed when first asked for. */
  async archives(): Promise<ProfileArchive[]> {
    this.packed ??= packAll();
    return this.packed;
  }

  async onApplicationBootstrap(): Promise<void> {
    const archives = await this.archives();
    await this.profiles.setBuiltIn(archives);
    this.logger.log(`built-in profiles: ${archives.map(({ name, version }) => `${name} ${version}`).join(', ')}`);
  }
}

async function packAll(): Promise<ProfileArchive[]> {
  const entries = await readdir(PROFILES_DIR, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(names.sort().map((name) => packProfile(join(PROFILES_DIR, name))));
}

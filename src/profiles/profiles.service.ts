import { Injectable } from '@nestjs/common';
import type { Fault } from '../domain/errors.js';
import { ProfilesRepository, type StoredProfile } from './profiles.repository.js';

/** The profiles that a project may run. */
@Injectable()
export class ProfilesService {
  constructor(private readonly profiles: ProfilesRepository) {}

  list(projectId: string): Promise<StoredProfile[]> {
    return this.profiles.visible(projectId);
  }

  /** What is wrong with the choice of a profile: there is none such. A ConfigMap is read when the scan runs, in the cluster's terms. */
  async choiceFaults(projectId: string, choice: unknown): Promise<Fault[]> {
    const { name, version, digest } = isRecord(choice) ? choice : {};
    if (typeof name === 'string') return this.nameFaults(projectId, name, version);
    if (typeof digest !== 'string' || !storable(digest)) return [];
    const found = await this.profiles.visible(projectId, { digest });
    return found.length > 0
      ? []
      : [{ pointer: '/profile/digest', detail: 'is the digest of no profile that the service has' }];
  }

  /** The profile that a scan chooses, or null: there is none such, or it is in a ConfigMap. */
  async chosen(projectId: string, choice: unknown): Promise<StoredProfile | null> {
    const { name, version, digest } = isRecord(choice) ? choice : {};
    const query = { ...textOf('name', name), ...textOf('version', version), ...textOf('digest', digest) };
    if (!('name' in query) && !('digest' in query)) return null;
    return (await this.profiles.visible(projectId, query))[0] ?? null;
  }

  private async nameFaults(projectId: string, name: string, version: unknown): Promise<Fault[]> {
    const versions = storable(name) ? await this.profiles.visible(projectId, { name }) : [];
    if (versions.length === 0) {
      const all = await this.profiles.visible(projectId);
      const names = [...new Set(all.map((profile) => profile.name))].slice(0, 20).join(', ');
      return [{ pointer: '/profile/name', detail: `is no profile that the service has; there is: ${names || 'none'}` }];
    }
    if (typeof version !== 'string' || versions.some((profile) => profile.version === version)) return [];
    const known = versions.map((profile) => profile.version).join(', ');
    return [
      { pointer: '/profile/version', detail: `is no version of ${name} that the service has; there is: ${known}` },
    ];
  }
}

function textOf(key: string, value: unknown): Record<string, string> {
  return typeof value === 'string' && storable(value) ? { [key]: value } : {};
}

/** Postgres takes no U+0000, so nothing with it is stored. */
function storable(text: string): boolean {
  return !text.includes('\0');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

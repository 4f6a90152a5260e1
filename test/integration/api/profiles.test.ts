import { cp, mkdtemp, rm, utimes, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryObjectStore } from '../../../src/platform/objects/memory-object-store.js';
import { BuiltInProfiles } from '../../../src/profiles/built-in-profiles.js';
import { packProfile } from '../../../src/profiles/profile-archive.js';
import { ProfileArchives } from '../../../src/profiles/profile-archives.js';
import { ProfilesRepository } from '../../../src/profiles/profiles.repository.js';
import type { ProfilePageDto } from '../../../src/profiles/profile.dto.js';
import { ApiServer } from './api-server.js';

const SHIPPED = join(import.meta.dirname, '../../../profiles/container-baseline');

describe('built-in profiles', () => {
  let api: ApiServer;
  let archives: ProfileArchives;
  beforeAll(async () => {
    api = await ApiServer.start();
    const profiles = new ProfilesRepository(api.prisma);
    archives = new ProfileArchives(
      api.installation.config,
      new BuiltInProfiles(profiles),
      profiles,
      new MemoryObjectStore(),
    );
  });
  afterAll(() => api.stop());

  const named = (name: string | null, version: string | null = null, digest: string | null = null) =>
    archives.archiveOf({ projectId: 'proj_x', profile: { name, version, digest, configMap: null } });

  it('are listed, with the digest of the archive that a worker hands to its pod', async () => {
    const { body } = await api.ask<ProfilePageDto>('GET', '/v1/profiles');
    const archive = await named('container-baseline');
    expect(body.next).toBeNull();
    expect(body.items).toMatchObject([
      {
        name: 'container-baseline',
        version: archive?.version,
        digest: archive?.digest,
        bytes: archive?.bytes.length,
        builtIn: true,
      },
    ]);
    expect(body.items[0]?.id).toMatch(/^prof_[0-9a-hjkmnp-tv-z]{26}$/);
  });

  it('are found by name, by version and by digest, and not by anything else', async () => {
    const archive = await named('container-baseline');
    expect(await named('container-baseline', archive?.version)).toBe(archive);
    expect(await named(null, null, archive?.digest)).toBe(archive);
    expect(await named('container-baseline', '0.0.0')).toBeNull();
    expect(await named('nope')).toBeNull();
    expect(await named('container-baseline', archive?.version, 'sha256:0')).toBeNull();
    expect(
      await archives.archiveOf({
        projectId: 'proj_x',
        profile: { name: null, version: null, digest: null, configMap: 'x' },
      }),
    ).toBeNull();
  });

  it('fit into a ConfigMap', async () => {
    expect((await named('container-baseline'))?.bytes.length).toBeLessThan(1024 * 1024 * 0.9);
  });

  it('pack to the same bytes whatever the times and modes of the files, and to others for another content', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'sidescan-profile-'));
    try {
      await cp(SHIPPED, dir, { recursive: true });
      await utimes(join(dir, 'inspec.yml'), 1, 1);
      await chmod(join(dir, 'inspec.yml'), 0o600);
      await writeFile(join(dir, '.DS_Store'), 'not part of it');
      const [shipped, copied] = [await packProfile(SHIPPED), await packProfile(dir)];
      expect(copied.digest).toBe(shipped.digest);
      expect(Buffer.from(copied.bytes).equals(Buffer.from(shipped.bytes))).toBe(true);
      await writeFile(join(dir, 'README.md'), 'another');
      expect((await packProfile(dir)).digest).not.toBe(shipped.digest);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('unpack to the files of the folder', async () => {
    const archive = await packProfile(SHIPPED);
    const names: string[] = [];
    const untar = extract();
    untar.end(gunzipSync(archive.bytes));
    for await (const entry of untar) {
      names.push(entry.header.name);
      expect(entry.header).toMatchObject({ uid: 0, gid: 0, mode: 0o644, mtime: new Date(0) });
      entry.resume();
    }
    expect(names).toEqual([...names].sort());
    expect(names).toContain('inspec.yml');
    expect(names.filter((name) => name.startsWith('controls/')).length).toBeGreaterThan(0);
  });

  it('are one row when several processes register them at once, and a former version is no longer offered', async () => {
    const repository = new ProfilesRepository(api.prisma);
    const shipped = await packProfile(SHIPPED);
    const former = { ...shipped, version: '0.0.1', digest: `sha256:${'1'.repeat(64)}` };
    await repository.setBuiltIn([former]);
    expect((await api.ask<ProfilePageDto>('GET', '/v1/profiles')).body.items).toMatchObject([{ version: '0.0.1' }]);
    await Promise.all(Array.from({ length: 6 }, () => repository.setBuiltIn([shipped])));
    expect((await api.ask<ProfilePageDto>('GET', '/v1/profiles')).body.items).toMatchObject([
      { version: shipped.version },
    ]);
  });
});

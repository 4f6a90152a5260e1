import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PodmanPodRuntime } from '../../../src/platform/podman/podman-pod-runtime.js';
import { profileObjectKey } from '../../../src/profiles/profile-object-key.js';
import type { ProfileText } from '../../../src/profiles/profile-text.js';
import { ProfileTextsRepository } from '../../../src/profiles/profile-texts.repository.js';
import { ProfilesRepository } from '../../../src/profiles/profiles.repository.js';
import { profileArchive } from '../../support/profile-archive.js';
import { uniqueName } from '../../support/services.js';
import { Scene } from './scene.js';

const METADATA = 'version: 1.0.0\ntitle: t\nsummary: s\nmaintainer: m\ncopyright: c\nlicense: Apache-2.0\n';
const control = (id: string, path: string) =>
  `control '${id}' do\n  impact 0.9\n  title 'Title of ${id}'\n  desc 'd'\n  describe file('${path}') do\n    it { should exist }\n  end\nend\n`;

describe('a profile on Podman, from its upload to its results', () => {
  let scene: Scene;
  let texts: ProfileTextsRepository;
  let outside: PodmanPodRuntime;

  beforeAll(async () => {
    const namespace = uniqueName();
    scene = await Scene.open({ SIDESCAN_RUNTIME: 'podman', SIDESCAN_NAMESPACE: namespace });
    texts = new ProfileTextsRepository(scene.prisma);
    outside = new PodmanPodRuntime(namespace);
    await scene.worker();
  });
  afterAll(() => scene?.close());

  async function upload(name: string, files: Record<string, string | Buffer>): Promise<string> {
    const bytes = await profileArchive({ 'inspec.yml': `name: ${name}\n${METADATA}`, ...files });
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const { projectId } = scene;
    const key = profileObjectKey(projectId, digest);
    const archive = { name, version: '1.0.0', title: 't', digest, bytes, inputs: [] };
    await new ProfilesRepository(scene.prisma).register(projectId, archive, key, () =>
      scene.store.put(key, bytes, 'application/gzip'),
    );
    return digest;
  }

  /** The texts once they are read, and their pod is gone; the worker finds an unread profile by itself. */
  async function read(digest: string): Promise<ProfileText> {
    for (const end = Date.now() + 50_000; Date.now() < end; await sleep(100)) {
      const text = await texts.find(digest);
      const { podGoneAt } = await scene.prisma.profileText.findUniqueOrThrow({ where: { digest } });
      if (text && text.state !== 'reading' && podGoneAt) return text;
    }
    throw new Error(`${digest} was not read`);
  }

  it('is read and scanned, in parts, and its waived control keeps title and severity', async () => {
    const digest = await upload('large', {
      'controls/a.rb': control('root', '/') + control('waived', '/no/such'),
      'files/data.bin': randomBytes(2_200_000),
    });
    expect(await read(digest)).toMatchObject({ state: 'ready', problems: [], controls: 2 });
    expect(await outside.list()).toEqual([]);
    const { id } = await scene.submit({
      target: { image: 'localhost/sidescan-test/distroless-clean:1' },
      profile: { name: 'large', version: '1.0.0', configMap: null, digest },
      waivers: { waived: { justification: 'known', run: false } },
    });
    const scan = await scene.ended(id, 60_000);
    expect(scan).toMatchObject({ state: 'completed', failure: null, profile: { name: 'large', digest } });
    const rows = await scene.prisma.controlResult.findMany({ where: { scanId: id }, orderBy: { position: 'asc' } });
    expect(rows).toMatchObject([
      { controlId: 'root', status: 'passed', severity: 'critical' },
      { controlId: 'waived', status: 'no_impact', waived: true, title: 'Title of waived', severity: 'critical' },
    ]);
    expect(await outside.list()).toEqual([]);
  }, 120_000);

  it('is invalid with what the auditor says, and the texts that it could read are kept', async () => {
    const digest = await upload('wrong', { 'controls/a.rb': control('one', '/'), 'controls/b.rb': 'nosuchword 1\n' });
    const text = await read(digest);
    expect(text).toMatchObject({ state: 'invalid', controls: 1 });
    expect(text.problems).toEqual([expect.stringMatching(/^controls\/b\.rb:1: undefined method `nosuchword'/)]);
    expect(await outside.list()).toEqual([]);
  }, 90_000);
});

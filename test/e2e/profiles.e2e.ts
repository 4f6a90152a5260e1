import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADMIN_KEY } from '../support/environment.js';
import { testImage } from '../support/images.js';
import { profileArchive } from '../support/profile-archive.js';
import { type E2e, startE2e } from './e2e.js';

interface ProfileView {
  id: string;
  digest: string;
  state: string;
  problems: string[];
  controls: number | null;
}

let e2e: E2e;
let worker: ReturnType<E2e['service']['startWorker']>;
beforeAll(async () => {
  e2e = await startE2e({}, 0);
  worker = e2e.service.startWorker();
});
afterAll(async () => {
  await e2e?.stop();
});

const inspecYml = (name: string) =>
  `name: ${name}\nversion: 1.0.0\ntitle: ${name}\nsummary: s\nmaintainer: m\ncopyright: c\nlicense: Apache-2.0\n`;
const controls = `control 'root' do
  impact 0.7
  title 'There is a root'
  desc 'Every image has one'
  describe file('/') do
    it { should be_directory }
  end
end
control 'absent' do
  impact 0.9
  title 'Nothing of that name'
  desc 'It would be odd'
  describe file('/no/such/file') do
    it { should exist }
  end
end
`;

async function upload(archive: Buffer): Promise<ProfileView> {
  const response = await fetch(`${e2e.service.url}/v1/profiles`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/gzip' },
    body: new Uint8Array(archive),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`the upload was answered with ${response.status}: ${text}`);
  return JSON.parse(text) as ProfileView;
}

async function read(id: string, seconds = 150): Promise<ProfileView> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await pause(200)) {
    const { body } = await e2e.service.request<ProfileView>('GET', `/v1/profiles/${id}`);
    if (body.state !== 'reading') return body;
  }
  throw new Error(`the profile was not read in ${seconds} s\n${e2e.service.tail()}`);
}

it.each([
  [1_050_000, 2],
  [3_000_000, 4],
])(
  'a profile of %i incompressible bytes goes in %i ConfigMaps: uploaded, read, scanned, byte-equal',
  async (size, maps) => {
    const archive = await profileArchive({
      'inspec.yml': inspecYml(`large-${size}`),
      'controls/a.rb': controls,
      'files/data.bin': randomBytes(size),
    });
    const digest = `sha256:${createHash('sha256').update(archive).digest('hex')}`;
    const { id, digest: answered } = await upload(archive);
    expect(answered).toBe(digest);
    expect(await read(id)).toMatchObject({ state: 'ready', problems: [], controls: 2 });
    const texts = await e2e.service.request<{ items: { id: string; title: string; impact: number }[] }>(
      'GET',
      `/v1/profiles/${id}/controls`,
    );
    expect(texts.body.items).toMatchObject([
      { id: 'root', title: 'There is a root', impact: 0.7 },
      { id: 'absent', title: 'Nothing of that name', impact: 0.9 },
    ]);
    await e2e.cluster.noProfilePods();

    const { id: scanId } = await e2e.service.submit({
      target: { image: testImage('distroless-clean') },
      profile: { digest },
    });
    const scan = await e2e.service.finished(scanId);
    expect(scan).toMatchObject({ state: 'completed', summary: { controls: 2, failed: { total: 1 } } });
    const report = JSON.parse((await e2e.reportBytes(scanId)).toString()) as {
      profiles: { controls: { id: string }[] }[];
    };
    expect(report.profiles.flatMap((one) => one.controls.map((control) => control.id))).toEqual(['root', 'absent']);

    const delivered = await e2e.cluster.bytesIn(`profile-${digest.slice(7, 39)}-`);
    expect(delivered.maps).toBe(maps);
    expect(delivered.bytes.equals(archive)).toBe(true);
    expect((await e2e.service.bytes(`/v1/profiles/${id}/content`)).equals(archive)).toBe(true);
  },
);

it('a profile that the auditor cannot load is invalid, with file and line', async () => {
  const { id } = await upload(
    await profileArchive({
      'inspec.yml': inspecYml('broken'),
      'controls/a.rb': controls,
      'controls/b.rb': "control 'x' do\n",
    }),
  );
  const profile = await read(id);
  expect(profile.state).toBe('invalid');
  expect(profile.problems).toEqual([expect.stringMatching(/^controls\/b\.rb:\d+: Ruby syntax error/)]);
});

it('a profile that takes all memory is invalid after three attempts, with the reason, and no pod is left', async () => {
  const { id } = await upload(
    await profileArchive({
      'inspec.yml': inspecYml('greedy'),
      'controls/a.rb': `hoard = []\nloop { hoard << 'x' * 10_000_000 }\n${controls}`,
    }),
  );
  const profile = await read(id);
  expect(profile.state).toBe('invalid');
  expect(profile.problems).toEqual([expect.stringMatching(/in 3 attempts; the last one: .*memory/)]);
  await e2e.cluster.noProfilePods();
});

it('kill -9 of the worker while a profile is read: another worker finishes with the same pod', async () => {
  const archive = await profileArchive({
    'inspec.yml': inspecYml('slow'),
    'controls/a.rb': `sleep 15\n${controls}`,
  });
  await e2e.cluster.noProfilePods();
  const { id } = await upload(archive);
  let before = null;
  for (const end = Date.now() + 60_000; before === null && Date.now() < end; await pause(100))
    before = (await e2e.cluster.profilePods()).find((pod) => pod.running) ?? null;
  expect(before).not.toBeNull();
  await e2e.service.end(worker, 'SIGKILL');

  e2e.service.startWorker();
  const uids = new Set<string>();
  const look = setInterval(() => {
    void e2e.cluster.profilePods().then((pods) => pods.forEach((pod) => uids.add(pod.uid)));
  }, 200);
  expect(await read(id)).toMatchObject({ state: 'ready', controls: 2 });
  clearInterval(look);
  expect([...uids]).toEqual([before?.uid]);
  await e2e.cluster.noProfilePods();
});

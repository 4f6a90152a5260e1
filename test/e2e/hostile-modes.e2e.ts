import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testImage } from '../support/images.js';
import { expectedAnswers, missingFindings, statuses } from '../support/planted-images.js';
import { profileArchive } from '../support/profile-archive.js';
import { type E2e, startE2e } from './e2e.js';

const IMAGE = 'debian-planted';
const MODES = ['general', 'baseline', 'restricted'] as const;
const ALL = MODES.flatMap((securityMode) => [false, true].map((run) => ({ securityMode, run })));

/** What uid 65532 may read of debian-planted, and what not: there a test that would pass of a file that is not there must not. */
const READABLE = `
control 'passwd' do
  describe(file('/etc/passwd')) { its('content') { should match(/^toor:/) } }
end
control 'mode-of-gshadow' do
  describe(file('/etc/gshadow')) { it { should exist }; its('mode') { should cmp '0640' } }
end
control 'gshadow' do
  describe(file('/etc/gshadow')) { its('content') { should_not match(/./) } }
end
control 'key' do
  describe(file('/opt/app/tls/server.key')) { its('content') { should_not match(/PRIVATE/) } }
end
control 'below-root' do
  describe(file('/root/.bash_history')) { it { should_not exist } }
end
control 'list-of-root' do
  describe(command('ls -A /root')) { its('stdout') { should eq '' } }
end
control 'find' do
  describe(command('find /root /home/deploy -type f 2>/dev/null | wc -l')) { its('stdout') { should_not eq '' } }
end
`;

let e2e: E2e;
const scans = new Map<string, string>();
const key = (mode: string, run: boolean): string => `${mode} ${run}`;

beforeAll(async () => {
  e2e = await startE2e({ SIDESCAN_MAX_PODS: '4' });
  const files = { 'inspec.yml': 'name: readable\nversion: 1.0.0\n', 'controls/all.rb': READABLE };
  await e2e.cluster.configMap('readable', { 'readable.tar.gz': await profileArchive(files) });
  for (const { securityMode, run } of ALL) {
    for (const profile of [{ name: 'container-baseline' }, { configMap: 'readable' }]) {
      const scan = await e2e.service.submit({ target: { image: testImage(IMAGE), run }, profile, securityMode });
      scans.set(key(securityMode, run) + (profile.configMap ?? ''), scan.id);
    }
  }
});
afterAll(async () => {
  await e2e?.stop();
});

async function report(name: string): Promise<Buffer> {
  const id = scans.get(name) ?? '';
  expect(await e2e.service.finished(id, 280)).toMatchObject({ state: 'completed', failure: null });
  return e2e.reportBytes(id);
}

describe.each(ALL)('mode $securityMode, run: $run', ({ securityMode, run }) => {
  const restricted = securityMode === 'restricted';

  it('answers every control as the image is; what it may not read is an error, and nothing else is', async () => {
    const bytes = await report(key(securityMode, run));
    const expected = expectedAnswers(IMAGE);
    const answers = statuses(bytes);
    const errors = Object.keys(answers).filter((control) => answers[control] === 'error');
    if (!restricted) expect(missingFindings(IMAGE, bytes)).toEqual([]);
    expect(errors.length > 0).toBe(restricted);
    for (const control of errors) answers[control] = expected[control] ?? 'no such control';
    expect(answers).toEqual(expected);
  });

  it('tells what may not be read apart from what is not there', async () => {
    const unread = restricted ? 'error' : 'failed';
    const command = run ? 'error' : unread;
    expect(statuses(await report(`${key(securityMode, run)}readable`))).toEqual({
      passwd: 'passed',
      'mode-of-gshadow': 'passed',
      gshadow: unread,
      key: unread,
      'below-root': unread,
      'list-of-root': command,
      find: run || restricted ? 'error' : 'passed',
    });
  });
});

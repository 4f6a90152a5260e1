import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Coverage } from '../../src/scans/scan.js';
import { testImage } from '../support/images.js';
import { expectedAnswers, missingFindings, statuses } from '../support/planted-images.js';
import { profileArchive } from '../support/profile-archive.js';
import { type E2e, startE2e } from './e2e.js';

const HUNDRED_THOUSAND_AND_MORE = 100_004;

/** Control of a held `hostile` (test/images/recipes/hostile) → Ruby; those that end otherwise than `passed` are named below. */
const PROBES: Record<string, string> = {
  // Links: what they lead to is the target's, or nothing.
  'link-absolute': is('/opt/links/folder/passwd', `its('content') { should match(/^user99999:/) }`),
  'link-relative': is('/opt/links/passwd', `its('content') { should match(/^user99999:/) }`),
  'link-dangling': is('/opt/links/dangling', 'it { should be_symlink }; it { should_not exist }'),
  'link-loop': is('/opt/links/loop', 'it { should be_symlink }; it { should_not exist }'),
  'link-loop-of-two': is('/opt/links/a', 'it { should_not exist }'),
  'link-proc-1-root': is('/opt/links/other-root/etc/passwd', `its('content') { should match(/^user99999:/) }`),
  'link-to-the-scanners-files': is('/opt/links/scanner', 'it { should_not exist }'),
  'link-to-the-scanners-root': is('/opt/links/infra', 'it { should_not exist }'),
  'link-environ': is(
    '/opt/links/.env',
    `its('content') { should match(/BASH_ENV=/) }; its('content') { should_not match(/POD_UID/) }`,
  ),
  'link-stdin': is('/opt/links/stdin', 'it { should_not exist }'),
  'link-exe': is('/opt/links/exe', 'it { should_not exist }'),
  'link-device': is('/opt/links/id_rsa', `it { should be_character_device }; its('content') { should be_nil }`),
  fifo: is('/root/.bash_history', `it { should be_pipe }; its('content') { should be_nil }`),
  // Contents
  large: is(
    '/opt/contents/large.key',
    `its('size') { should eq 20_000_000 }; its('content.bytesize') { should eq 20_000_000 }`,
  ),
  empty: is('/opt/contents/empty.pem', `its('size') { should eq 0 }; its('content') { should eq '' }`),
  'million-lines': `describe(file('/opt/contents/.npmrc').content.lines.size) { it { should eq 1_000_000 } }`,
  'million-lines-by-command': says(
    'wc -l </opt/contents/.npmrc; grep -c "#" /opt/contents/.npmrc',
    '1000000\\n1000000\\n',
  ),
  'no-utf-8': `describe(file('/opt/contents/random.bin').content.bytesize) { it { should eq 60_000 } }`,
  accounts: `describe(passwd.users.size) { it { should eq ${HUNDRED_THOUSAND_AND_MORE} } }`,
  'account-with-two-lines': `describe(user('nobody')) { its('uid') { should eq 65534 } }`,
  'sshd-that-includes-itself': `describe(sshd_config) { its('PasswordAuthentication') { should eq 'no' } }`,
  // Names
  'name-new-line': is('/srv/names/new\\nline', `its('content') { should eq 'x' }`),
  'name-bytes': is('/srv/names/bad-\\xff\\xfe-bytes', `its('content') { should eq 'x' }`),
  'name-latin': is('/srv/names/latin-\\xe9', `its('content') { should eq 'x' }`),
  'name-unicode': is('/srv/names/\\u6f22\\u5b57 \\u{1f511}', `its('content') { should eq 'x' }`),
  'name-command': is(
    '/srv/names/$(touch owned);`id`\'\\"',
    `its('content') { should eq 'x' }; its('owner') { should eq 'root' }`,
  ),
  'names-by-command': says('find /srv/names -mindepth 1 -maxdepth 1 -printf .', '.........'),
  // Nothing of the image runs or is loaded
  'name-service': says('id user7', 'uid=7(user7) gid=65534(nobody) groups=65534(nobody)\\n'),
  preload: says('ls /etc/passwd; bash -c "echo hello"; sh -c "echo again"', '/etc/passwd\\nhello\\nagain\\n'),
  'program-of-the-image': says('/app/server', ''),
  'program-of-the-image-found': says('find /srv/names -type f -perm -4000 -exec {} ";"', ''),
  'program-of-the-image-by-loader': says('/sidescan/lib/ld.so /app/server', ''),
  'only-hold-runs': `describe(processes(/./)) { its('commands') { should eq ['/sidescan/hold'] } }`,
  'nothing-owned': `%w[/owned /srv/names/owned /tmp/trapped].each { |path| describe(file(path)) { it { should_not exist } } }`,
};
/** These lead out of the target's file system, would end the image's own program, or would run its code: errors, each with its reason. */
const ERRORS = [
  ...['link-stdin', 'link-exe', 'sshd-that-includes-itself'],
  ...['program-of-the-image', 'program-of-the-image-found', 'program-of-the-image-by-loader'],
];

function is(path: string, tests: string): string {
  return `describe(file("${path}")) { ${tests} }`;
}

function says(command: string, stdout: string): string {
  return `describe(command(${JSON.stringify(command)})) { its('stdout') { should eq "${stdout}" }; its('stderr') { should eq '' } }`;
}

async function profile(controls: Record<string, string>): Promise<Buffer> {
  const text = Object.entries(controls).map(([id, body]) => `control '${id}' do\n  ${body}\nend\n`);
  return profileArchive({ 'inspec.yml': 'name: probe\nversion: 1.0.0\n', 'controls/all.rb': text.join('') });
}

let e2e: E2e;
beforeAll(async () => {
  e2e = await startE2e();
});
afterAll(async () => {
  await e2e?.stop();
});

async function scan(
  image: string,
  body: object,
): Promise<{ id: string; bytes: Buffer; coverage: Coverage; verdict: string }> {
  const { id } = await e2e.service.submit({ target: { image: testImage(image) }, timeoutSeconds: 120, ...body });
  const ended = await e2e.service.finished(id);
  expect(ended).toMatchObject({ state: 'completed', failure: null });
  const { body: view } = await e2e.service.request<{ coverage: Coverage }>('GET', `/v1/scans/${id}`);
  return { id, bytes: await e2e.reportBytes(id), coverage: view.coverage, verdict: ended.verdict };
}

it('reads nothing but the target through links, names and contents of every kind, and runs nothing of it', async () => {
  await e2e.cluster.configMap('probe', { 'probe.tar.gz': await profile(PROBES) });
  const threshold = { error: { total: { max: ERRORS.length - 1 } } };
  const { bytes, coverage, verdict } = await scan('hostile', { profile: { configMap: 'probe' }, threshold });
  const expected = Object.fromEntries(Object.keys(PROBES).map((id) => [id, ERRORS.includes(id) ? 'error' : 'passed']));
  expect(statuses(bytes)).toEqual(expected);
  expect(verdict).toBe('failed');
  expect(coverage.targetPrograms).toEqual([]);
  expect(coverage.refusedPrograms).toEqual(expect.arrayContaining(['/app/server']));
  expect(bytes.includes('TRAPPED')).toBe(false);
});

it.each(['hostile', 'distroless-broken', 'alpine-like'])(
  'answers every control of container-baseline for %s',
  async (image) => {
    const { bytes } = await scan(image, { profile: { name: 'container-baseline' } });
    expect(statuses(bytes)).toEqual(expectedAnswers(image));
    expect(missingFindings(image, bytes)).toEqual([]);
  },
);

it('fails for want of memory where a profile uses up the scanner, and does not blame the target', async () => {
  const controls = { hungry: `describe(Array.new(2_000) { 'x' * 1_000_000 }.size) { it { should eq 2_000 } }` };
  await e2e.cluster.configMap('hungry', { 'hungry.tar.gz': await profile(controls) });
  const body = { target: { image: testImage('menace') }, profile: { configMap: 'hungry' }, timeoutSeconds: 120 };
  const { id } = await e2e.service.submit(body);
  const failure = { code: 'OUT_OF_MEMORY', message: expect.stringMatching(/scanner ran out of memory/) as string };
  expect(await e2e.service.finished(id)).toMatchObject({ state: 'failed', verdict: 'none', failure });
  await e2e.cluster.noPodOf(id);
});

it('lets a program that the scan allows write nothing that the scanner reads, and no volume full', async () => {
  const controls = {
    fill: `describe(command('menace fill /sidescan/run')) { its('stdout') { should eq '' } }`,
    after: is('/etc/whose', `its('content') { should eq "the whole image\\n" }`),
    tool: says('cat /etc/whose', 'the whole image\\n'),
  };
  await e2e.cluster.configMap('fill', { 'fill.tar.gz': await profile(controls) });
  const body = { profile: { configMap: 'fill' }, allowTargetCommands: ['menace'] };
  const { bytes } = await scan('menace', body);
  expect(statuses(bytes)).toEqual({ fill: 'error', after: 'passed', tool: 'passed' });
  expect(bytes.toString()).toContain('0 MiB: Permission denied'); // it ran, and could write nothing
});

it('charges the target, not the node, for what fills the one folder where its commands may write', async () => {
  const full = `describe(command('menace fill /sidescan/run/tmp')) { its('stdout') { should match(/^12[78] MiB: No space/) } }`;
  await e2e.cluster.configMap('full', { 'full.tar.gz': await profile({ full }) });
  const target = { image: testImage('menace') };
  const body = { target, profile: { configMap: 'full' }, allowTargetCommands: ['menace'], timeoutSeconds: 120 };
  const { id } = await e2e.service.submit(body);
  const { state, failure } = await e2e.service.finished(id);
  // A cluster before 1.22 gives a volume in memory no size of its own: there the target's memory limit is what ends it.
  if (state === 'completed') expect(statuses(await e2e.reportBytes(id))).toEqual({ full: 'passed' });
  else
    expect(failure).toMatchObject({ code: 'OUT_OF_MEMORY', message: expect.stringMatching(/^The target/) as string });
  await e2e.cluster.noPodOf(id);
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testImage } from '../support/images.js';
import { profileArchive } from '../support/profile-archive.js';
import { statuses } from '../support/planted-images.js';
import type { ScanView } from '../support/running-service.js';
import { type E2e, startE2e } from './e2e.js';

/** One program that runs beside the scanner and does what `args` says (test/images/programs/menace.c). */
interface Menace {
  args: string[];
  securityMode?: 'general' | 'baseline' | 'restricted';
  timeoutSeconds?: number;
  profile?: keyof typeof PROFILES;
  /** Either the failure, or the status of every control that is not `passed`. */
  ends: { code: RegExp; message: RegExp } | { but: Record<string, string> };
}

const control = (id: string, body: string): string => `control '${id}' do\n  ${body}\nend\n`;
const absent = (path: string): string => `describe(file('${path}')) { it { should_not exist } }`;

const WHOSE = control('whose', `describe(file('/etc/whose')) { its('content') { should eq "the whole image\\n" } }`);
const NOT_OURS = control('not-ours', absent('/opt/sidescan/bin/scan'));
// Nothing in the target may answer a command: there is no hold beside a program of the image.
const COMMAND = control('command', `describe(command('find /etc -name whose')) { its('stdout') { should_not eq '' } }`);
const SLOW = control('slow', 'describe(sleep(4)) { it { should be >= 3 } }');

const PROFILES = {
  quick: WHOSE + NOT_OURS + COMMAND,
  slow: SLOW + WHOSE + NOT_OURS,
  processes:
    SLOW + WHOSE + control('processes', `describe(processes(/server/)) { its('pids.size') { should be > 20 } }`),
  files:
    control(
      'ready',
      `describe(wait_for = 100.times.find { sleep 0.1; file('/flip/ready').exist? }) { it { should_not be_nil } }`,
    ) +
    // Whichever of the two is there at that moment, the scanner's own /opt/sidescan/bin is never behind the link.
    control(
      'flipping',
      `seen = 3000.times.map { file('/flip').inspec.backend.root.read('/flip/link/scan') }.uniq
  describe(seen - [nil]) { it { should eq ["of the target\\n"] } }
  describe(seen) { it { should include nil } }`,
    ) +
    control(
      'flipping-folder',
      `seen = 3000.times.map { file('/flip').inspec.backend.root.children('/flip/folder') }.uniq
  describe(seen - [nil]) { it { should eq [['scan']] } }`,
    ) +
    control('huge-size', `describe(file('/flip/huge')) { its('size') { should eq ${10 * 1024 ** 3} } }`) +
    control('huge', `describe(file('/flip/huge')) { its('content') { should_not be_nil } }`) +
    control('growing', `describe(file('/flip/growing').content) { it { should match(/\\A(more\\n)+\\z/) } }`),
  spied:
    SLOW +
    WHOSE +
    control('tried', `describe(file('/spied/tried')) { it { should exist } }`) +
    ['me', 'ro', 'en', 'ma', 'fd', 'ptrace'].map((name) => control(name, absent(`/spied/${name}`))).join(''),
};
const NO_COMMAND = { but: { command: 'error' } };
const EXITED = { code: /^TARGET_EXITED$/, message: /ended/ };

const MENACES: Record<string, Menace> = {
  'has the name and the command line of the auditor': { args: ['as-auditor'], ends: NO_COMMAND },
  'has the name and the command line of hold': { args: ['as-hold'], ends: NO_COMMAND },
  'answers as hold does, on a socket of its own': { args: ['socket'], ends: NO_COMMAND },
  'forks without end': { args: ['forks'], profile: 'processes', ends: { but: {} } },
  'exits during the scan': { args: ['exits'], profile: 'slow', ends: EXITED },
  'exits and leaves a child in its mount namespace': { args: ['lingers'], profile: 'slow', ends: EXITED },
  'starts itself anew in the same process': { args: ['restarts'], profile: 'slow', ends: { but: {} } },
  'has many processes, zombies, and one in another root': { args: ['crowd'], profile: 'slow', ends: { but: {} } },
  'moves into a clean root': {
    args: ['chroot', '/clean'],
    ends: { code: /^TARGET_NOT_PROVEN$/, message: /another root/ },
  },
  'moves into a mount of its container': {
    args: ['chroot', '/dev'],
    ends: { code: /^TARGET_NOT_PROVEN$/, message: /another root/ },
  },
  'exchanges files and links, has a sparse file of 10 GB and one that grows': {
    args: ['files'],
    profile: 'files',
    ends: { but: { huge: 'error' } },
  },
  'asks the scanner to end': {
    args: ['signals', '15'],
    profile: 'slow',
    ends: { code: /^SCANNER_(KILLED|FAILED)$/, message: /told to stop|signal|receipt/ },
  },
  'hangs up on the scanner': {
    args: ['signals', '1'],
    profile: 'slow',
    ends: { code: /^SCANNER_(KILLED|FAILED)$/, message: /signal|receipt/ },
  },
  'stops the scanner': {
    args: ['signals', '19'],
    profile: 'slow',
    timeoutSeconds: 20,
    ends: { code: /^TIMEOUT$/, message: /20 s/ },
  },
  'lets nobody look at it (general)': { args: ['hides'], ends: NO_COMMAND },
  'lets nobody look at it (baseline)': {
    args: ['hides'],
    securityMode: 'baseline',
    ends: { code: /^TARGET_UNREADABLE$/, message: /may not/ },
  },
  'spies on the scanner (general)': { args: ['spies'], profile: 'spied', ends: { but: {} } },
  'spies on the scanner (baseline)': {
    args: ['spies'],
    profile: 'spied',
    securityMode: 'baseline',
    ends: { but: {} },
  },
  'spies on the scanner (restricted)': {
    args: ['spies'],
    profile: 'spied',
    securityMode: 'restricted',
    ends: { but: {} },
  },
};

let e2e: E2e;
const scans = new Map<string, string>();
beforeAll(async () => {
  e2e = await startE2e({ SIDESCAN_MAX_PODS: '5' });
  for (const [name, controls] of Object.entries(PROFILES)) {
    const files = { 'inspec.yml': `name: ${name}\nversion: 1.0.0\n`, 'controls/all.rb': controls };
    await e2e.cluster.configMap(`probe-${name}`, { 'probe.tar.gz': await profileArchive(files) });
  }
  for (const [name, { args, securityMode, timeoutSeconds = 60, profile = 'quick' }] of Object.entries(MENACES)) {
    const scan = await e2e.service.submit({
      target: { image: testImage('menace'), run: true, args },
      profile: { configMap: `probe-${profile}` },
      threshold: { failed: { total: { max: 0 } } },
      timeoutSeconds,
      ...(securityMode ? { securityMode } : {}),
    });
    scans.set(name, scan.id);
  }
});
afterAll(async () => {
  await e2e?.stop();
});

describe('a target that runs and', () => {
  it.each(Object.entries(MENACES))('%s', async (name, { ends }) => {
    const id = scans.get(name) ?? '';
    const scan = await e2e.service.finished(id, 280);
    if ('but' in ends) {
      expect(scan).toMatchObject({ state: 'completed', failure: null, verdict: 'passed' });
      const answers = statuses(await e2e.reportBytes(id));
      expect(Object.fromEntries(Object.entries(answers).filter(([, status]) => status !== 'passed'))).toEqual(ends.but);
    } else {
      expect(scan).toMatchObject({ state: 'failed', verdict: 'none' });
      expect(scan.failure?.code).toMatch(ends.code);
      expect(scan.failure?.message).toMatch(ends.message);
      expect((await e2e.service.request('GET', `/v1/scans/${id}/report`)).status).toBe(404);
    }
    expect(within(scan)).toBe(true);
    await e2e.cluster.noPodOf(id);
  });
});

/** The scan ended within its time and what a worker needs to see that. */
function within(scan: ScanView & { startedAt?: string; finishedAt?: string; timeoutSeconds?: number }): boolean {
  const ms = Date.parse(scan.finishedAt ?? '') - Date.parse(scan.startedAt ?? '');
  return ms >= 0 && ms < ((scan.timeoutSeconds ?? 0) + 15) * 1000;
}

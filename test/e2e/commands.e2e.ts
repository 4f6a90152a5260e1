import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Coverage } from '../../src/scans/scan.js';
import { testImage } from '../support/images.js';
import { statuses } from '../support/planted-images.js';
import { profileArchive } from '../support/profile-archive.js';
import { type E2e, startE2e } from './e2e.js';

const CONTROLS = `
control 'tool' do
  describe command('find /etc -maxdepth 1 -name passwd | sort') do
    its('stdout') { should eq "/etc/passwd\\n" }
  end
end
control 'package' do
  describe package('bash') do
    it { should be_installed }
  end
end
control 'user' do
  describe user('root') do
    its('uid') { should eq 0 }
  end
end
control 'service' do
  describe service('cron') do
    it { should_not be_running }
  end
end
control 'perl' do
  describe command('perl -e "print 6*7"') do
    its('stdout') { should eq '42' }
  end
end
control 'apt' do
  describe command('/usr/bin/apt-get --version | head -1 | cut -d" " -f1') do
    its('stdout') { should eq "apt\\n" }
  end
end
`;

let e2e: E2e;
beforeAll(async () => {
  e2e = await startE2e();
  await e2e.cluster.configMap('commands', {
    'commands.tar.gz': await profileArchive({
      'inspec.yml': 'name: commands\nversion: 1.0.0\n',
      'controls/all.rb': CONTROLS,
    }),
  });
});
afterAll(async () => {
  await e2e?.stop();
});

async function scan(allowTargetCommands: string[]): Promise<{ answers: Record<string, string>; coverage: Coverage }> {
  const { id } = await e2e.service.submit({
    target: { image: testImage('debian-planted') },
    profile: { configMap: 'commands' },
    allowTargetCommands,
  });
  expect(await e2e.service.finished(id)).toMatchObject({ state: 'completed', failure: null });
  const { body } = await e2e.service.request<{ coverage: Coverage }>('GET', `/v1/scans/${id}`);
  return { answers: statuses(await e2e.reportBytes(id)), coverage: body.coverage };
}

const DECIDED = { tool: 'passed', package: 'passed', user: 'passed', service: 'error' };

it('answers from files and by the toolbox; a program of the image that is not allowed makes its control an error and is named', async () => {
  const { answers, coverage } = await scan([]);
  expect(answers).toEqual({ ...DECIDED, perl: 'error', apt: 'error' });
  expect(coverage.inProcess).toBe(2); // dpkg -s, id
  expect(coverage.toolbox).toBe(1);
  expect(coverage.refused).toBe(3); // the image has no systemd to ask for a service
  expect(coverage.refusedPrograms).toContain('systemctl');
  expect(coverage.refusedPrograms.join(' ')).toMatch(/perl/);
  expect(coverage.refusedPrograms.join(' ')).toMatch(/apt-get/);
  expect(coverage.targetPrograms).toEqual([]);
});

it('runs the programs of the image that the scan allows, all of them, and names them', async () => {
  const { answers, coverage } = await scan(['perl', 'apt-get']);
  expect(answers).toEqual({ ...DECIDED, perl: 'passed', apt: 'passed' });
  expect(coverage.target).toBeGreaterThan(0);
  expect(coverage.targetPrograms.join(' ')).toMatch(/perl/);
  expect(coverage.targetPrograms.join(' ')).toMatch(/apt-get/);
});

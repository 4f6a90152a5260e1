import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECRET, SECRET_FORMS, SECRET_PROFILE } from '../support/given-profile.js';
import { testImage } from '../support/images.js';
import { statuses } from '../support/planted-images.js';
import { profileArchive } from '../support/profile-archive.js';
import { type E2e, startE2e } from './e2e.js';

const archive = (controls: string) =>
  profileArchive({ 'inspec.yml': 'name: broken\nversion: 1.0.0\n', 'controls/all.rb': controls });

describe('inputs and waivers of a scan', () => {
  let e2e: E2e;
  beforeAll(async () => {
    e2e = await startE2e({ SIDESCAN_ENCRYPTION_KEY: Buffer.alloc(32, 5).toString('base64') });
    await e2e.cluster.configMap('secrets', { 'secrets.tar.gz': await profileArchive(SECRET_PROFILE) });
    await e2e.cluster.configMap('broken', { 'broken.tar.gz': await archive("raise input('password')") });
  });
  afterAll(async () => {
    await e2e?.stop();
  });

  /** Everything that the API says of a scan, as one text. */
  async function told(id: string): Promise<string> {
    const paths = ['', '/controls', '/evidence', '/report', '/report?format=html', '/report?format=csv'];
    const answers = await Promise.all(paths.map((path) => e2e.service.request('GET', `/v1/scans/${id}${path}`)));
    return answers.map((answer) => JSON.stringify(answer.body)).join('\n');
  }

  async function noSecretsLeft(): Promise<void> {
    const left = async () => (await e2e.cluster.secrets()).filter((name) => name.endsWith('-inputs'));
    for (const end = Date.now() + 120_000; (await left()).length > 0 && Date.now() < end;) await pause(500);
    expect(await left()).toEqual([]);
  }

  it.each(['general', 'baseline', 'restricted'] as const)('reach the auditor in mode %s', async (securityMode) => {
    const { id } = await e2e.service.submit({
      target: { image: testImage('distroless-planted') },
      profile: { name: 'container-baseline' },
      securityMode,
      inputs: { allowed_private_keys: ['/opt/app/tls/server.key'] },
      waivers: {
        'container-1.4': { justification: 'known', run: false },
        'container-1.1': { justification: 'was known', expirationDate: '2020-01-31', run: false },
        'container-1.2': { justification: 'known for now', expirationDate: '2999-12-31', run: false },
      },
    });
    const [receipt, scan] = await Promise.all([e2e.cluster.receiptOf(id), e2e.service.finished(id)]);
    expect(scan).toMatchObject({ state: 'completed', failure: null, summary: { waived: 2 } });
    expect(receipt.inputs).toMatchObject({ inputs: 1, sensitive: 0, waivers: 3 });
    const report = JSON.parse((await e2e.reportBytes(id)).toString()) as {
      profiles: { controls: { id: string; waiver_data: Record<string, unknown>; results: { status: string }[] }[] }[];
    };
    const control = (name: string) => report.profiles[0]?.controls.find((one) => one.id === name);
    expect(control('container-1.4')?.waiver_data).toMatchObject({
      skipped_due_to_waiver: true,
      justification: 'known',
    });
    expect(control('container-1.2')?.waiver_data).toMatchObject({ skipped_due_to_waiver: true });
    expect(control('container-1.1')?.waiver_data).toMatchObject({
      skipped_due_to_waiver: false,
      message: expect.stringContaining('Waiver expired on 2020-01-31') as string,
    });
    expect(control('container-1.1')?.results[0]?.status).toBe('passed');
    // The key is there in every mode, and allowed by the input; in mode restricted other files may not be read.
    if (securityMode !== 'restricted') expect(control('container-3.1')?.results[0]?.status).toBe('passed');
    await e2e.cluster.noPodOf(id);
    await noSecretsLeft();
  });

  it('stay secret: the profile has them; report, rows, answers and the target have not', async () => {
    const { id } = await e2e.service.submit({
      target: { image: testImage('debian-planted') },
      profile: { configMap: 'secrets' },
      inputs: { size: 7, list: ['x', null] },
      sensitiveInputs: { password: SECRET, token: { deep: [SECRET] } },
      allowTargetCommands: ['perl'],
    });
    expect(await e2e.service.finished(id)).toMatchObject({
      state: 'completed',
      failure: null,
      sensitiveInputs: ['password', 'token'],
    });
    expect(statuses(await e2e.reportBytes(id))).toEqual({
      arrived: 'passed',
      told: 'failed',
      'seen-by-tools': 'passed',
      'seen-by-the-image': 'passed',
    });
    const answers = await told(id);
    for (const text of SECRET_FORMS) {
      expect(answers).not.toContain(text);
      expect(e2e.service.tail()).not.toContain(text);
    }
    await noSecretsLeft();
  });

  it('stay secret when the scan fails: neither its failure nor its evidence has them', async () => {
    const { id } = await e2e.service.submit({
      target: { image: testImage('distroless-clean') },
      profile: { configMap: 'broken' },
      sensitiveInputs: { password: SECRET },
    });
    const scan = await e2e.service.finished(id);
    expect(scan).toMatchObject({ state: 'failed', failure: { code: 'PROFILE_INVALID' } });
    expect(scan.failure?.message).toContain('***');
    const answers = await told(id);
    expect(answers).toContain('PROFILE_INVALID');
    for (const text of SECRET_FORMS) expect(answers).not.toContain(text);
    await noSecretsLeft();
  });
});

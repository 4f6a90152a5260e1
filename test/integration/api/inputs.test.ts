import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScanDto } from '../../../src/scans/scan.dto.js';
import { openInputs } from '../../../src/scans/sealed-inputs.js';
import { ApiServer, aSubmission } from './api-server.js';

const KEY = Buffer.alloc(32, 9).toString('base64');
const SECRET = 'correct horse battery staple';

describe('inputs and waivers of a scan', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await ApiServer.start({ SIDESCAN_ENCRYPTION_KEY: KEY, SIDESCAN_INPUT_LIMIT_BYTES: '2000' });
  });
  afterAll(() => api.stop());

  const refused = async (given: Record<string, unknown>) => {
    const { status, body, text } = await api.ask('POST', '/v1/scans', { body: { ...aSubmission(), ...given } });
    expect(status).toBe(422);
    return { faults: (body.errors ?? []).map((fault) => `${fault.pointer} ${fault.detail}`), text };
  };
  const sealed = async (id: string) => (await api.prisma.scan.findUniqueOrThrow({ where: { id } })).sensitiveInputs;

  it('are shown on the scan as they were given', async () => {
    const given = {
      inputs: { max_log_mb: 100, list: ['a', { b: null }], 'a/b': false },
      waivers: {
        'container-1.1': { justification: 'known', expirationDate: '2027-01-01', run: false },
        'container-1.2': { justification: 'known, and run' },
      },
    };
    const scan = await api.submit(given);
    expect(scan).toMatchObject({ ...given, sensitiveInputs: [] });
    expect(await api.scan(scan.id)).toEqual(scan);
    expect(await sealed(scan.id)).toBeNull();
  });

  it('are empty where none were given, null included', async () => {
    const none = { inputs: {}, sensitiveInputs: [], waivers: {} };
    expect(await api.submit()).toMatchObject(none);
    expect(await api.submit({ inputs: null, sensitiveInputs: null, waivers: null })).toMatchObject(none);
  });

  it('are stored encrypted where they are sensitive, bound to their scan, and never come back', async () => {
    const scan = await api.submit({
      inputs: { size: 1 },
      sensitiveInputs: { token: SECRET, deep: { list: [SECRET] } },
    });
    expect(scan).toMatchObject({ inputs: { size: 1 }, sensitiveInputs: ['deep', 'token'] });
    const bytes = Buffer.from((await sealed(scan.id)) ?? []);
    expect(bytes.includes(SECRET)).toBe(false);
    const { projectId } = await api.prisma.scan.findUniqueOrThrow({ where: { id: scan.id } });
    expect(openInputs(bytes, KEY, { id: scan.id, projectId }).inputs).toEqual({
      token: SECRET,
      deep: { list: [SECRET] },
    });
    for (const path of [`/v1/scans/${scan.id}`, '/v1/scans']) {
      const { text } = await api.ask('GET', path);
      expect(text).toContain('token');
      expect(text).not.toContain(SECRET);
    }
    expect(api.log.join('')).not.toContain(SECRET);
    const row = await api.prisma.$queryRaw<
      { text: string }[]
    >`SELECT s::text AS text FROM scans s WHERE id = ${scan.id}`;
    expect(row[0]?.text).not.toContain(SECRET);
  });

  it('are no longer stored once the scan was canceled, has failed or is completed', async () => {
    const secret = { sensitiveInputs: { token: SECRET } };
    const canceled = await api.submit(secret);
    expect(await sealed(canceled.id)).not.toBeNull();
    await api.ask('DELETE', `/v1/scans/${canceled.id}`);
    expect(await sealed(canceled.id)).toBeNull();
    expect((await api.scan(canceled.id)).sensitiveInputs).toEqual(['token']);
    const failed = await api.submit(secret);
    await api.scans.fail(failed.id, 1, { code: 'INTERNAL', message: 'x', retryable: true }, null);
    expect(await sealed(failed.id)).toBeNull();
    expect(await api.scans.sealedInputs(failed.id, 1)).toBeNull();
  });

  it('are refused all at once, each with its place, and without its value', async () => {
    const { faults, text } = await refused({
      inputs: { 'a/b': '\0', ok: 1 },
      sensitiveInputs: { short: 'pw-1', ok: SECRET },
      waivers: { c: { justification: '', expirationDate: '2027-02-30', run: 'no', until: 1 }, d: 'known' },
      timeoutSeconds: 0,
    });
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual(
      expect.arrayContaining([
        '/inputs/a~1b',
        '/sensitiveInputs/short',
        '/waivers/c/justification',
        '/waivers/c/expirationDate',
        '/waivers/c/run',
        '/waivers/c/until',
        '/waivers/d',
        '/timeoutSeconds',
      ]),
    );
    expect(faults).toHaveLength(8);
    expect(text).not.toMatch(/pw-1|correct horse/);
  });

  it('have a limit together, exact to the byte', async () => {
    const fits = { inputs: { a: 'x'.repeat(2_000 - '{"a":""}{}{}'.length) } };
    expect((await api.submit(fits)).inputs).toEqual(fits.inputs);
    const { faults } = await refused({ inputs: { a: `${fits.inputs.a}y` } });
    expect(faults).toEqual([
      '/inputs inputs, sensitiveInputs and waivers have 2001 bytes together as JSON; at most 2000 are taken',
    ]);
  });

  describe('of a profile that the service has', () => {
    const digest = `sha256:${'5'.repeat(64)}`;
    const profile = { profile: { name: 'declares' } };

    beforeAll(async () => {
      const input = (name: string, type: string | null, sensitive: boolean) => {
        return { name, type, sensitive, required: false, hasDefault: false };
      };
      const row = {
        id: 'prof_declares',
        projectId: null,
        name: 'declares',
        version: '1.0.0',
        title: 'x',
        digest,
        bytes: 1,
      };
      const inputs = [input('size', 'Numeric', false), input('password', 'String', true)];
      await api.prisma.profile.create({ data: { ...row, inputs } });
      const control = { position: 0, controlId: 'c-1', impact: 0.5, code: '' };
      await api.prisma.profileText.create({ data: { digest, state: 'reading', controls: { create: [control] } } });
    });

    it('have the types that it declares', async () => {
      expect((await api.submit({ ...profile, inputs: { size: 1, other: 'x' } })).inputs).toEqual({
        size: 1,
        other: 'x',
      });
      expect((await refused({ ...profile, inputs: { size: 'much' } })).faults).toEqual([
        '/inputs/size must be of the type that the profile declares: Numeric',
      ]);
    });

    it('are sensitive where it says so, even among the others', async () => {
      const scan: ScanDto = await api.submit({ ...profile, inputs: { size: 1, password: SECRET } });
      expect(scan).toMatchObject({ inputs: { size: 1 }, sensitiveInputs: ['password'] });
      expect(await sealed(scan.id)).not.toBeNull();
    });

    it('waive its controls and no others, once its texts are known', async () => {
      const waivers = { 'c-1': { justification: 'x' }, 'c-2': { justification: 'misspelt' } };
      expect((await api.submit({ ...profile, waivers })).waivers).toEqual(waivers);
      await api.prisma.profileText.update({ where: { digest }, data: { state: 'ready' } });
      expect((await refused({ ...profile, waivers })).faults).toEqual(['/waivers/c-2 is no control of this profile']);
      expect((await api.submit({ ...profile, waivers: { 'c-1': waivers['c-1'] } })).waivers).toHaveProperty('c-1');
    });
  });
});

describe('sensitive inputs without a key', () => {
  it('are refused with the name of the setting; other inputs are taken', async () => {
    const api = await ApiServer.start();
    try {
      expect((await api.submit({ inputs: { size: 1 } })).inputs).toEqual({ size: 1 });
      const body = { ...aSubmission(), sensitiveInputs: { token: SECRET } };
      const { status, body: problem, text } = await api.ask('POST', '/v1/scans', { body });
      expect(status).toBe(422);
      expect(problem.errors?.[0]).toMatchObject({
        pointer: '/sensitiveInputs/token',
        detail: expect.stringContaining('SIDESCAN_ENCRYPTION_KEY') as string,
      });
      expect(text).not.toContain(SECRET);
    } finally {
      await api.stop();
    }
  });
});

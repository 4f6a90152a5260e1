import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { profileArchive } from '../support/profile-archive.js';
import { testImage } from '../support/images.js';
import { type E2e, startE2e } from './e2e.js';

interface Problem {
  title: string;
  status: number;
  errors: { pointer?: string; detail: string }[];
}
interface EvidenceView {
  pod: { name: string } | null;
  containers: { name: string; state: string; reason: string; exitCode: number | null }[];
  logs: Record<string, string>;
}

let e2e: E2e;
beforeAll(async () => {
  e2e = await startE2e();
});
afterAll(async () => {
  await e2e?.stop();
});

const PROFILE = { name: 'container-baseline' };
const TARGET = { image: testImage('distroless-clean') };
const THRESHOLD = { compliance: { min: 0 } };

describe('a request that cannot become a scan is refused, naming the field', () => {
  const refused: [string, unknown, string, RegExp][] = [
    [
      'a timeout of 0 seconds',
      { target: TARGET, profile: PROFILE, timeoutSeconds: 0 },
      '/timeoutSeconds',
      /10 to 3600 seconds; it is 0/,
    ],
    ['an unknown field', { target: TARGET, profile: PROFILE, colour: 'red' }, '/colour', /colour|unknown|not/i],
    [
      'an unknown field of the target',
      { target: { ...TARGET, podSpec: {} }, profile: PROFILE },
      '/target/podSpec',
      /podSpec|unknown|not/i,
    ],
    [
      'a malformed image reference',
      { target: { image: 'UPPER case:::' }, profile: PROFILE },
      '/target/image',
      /blank|lower|reference/i,
    ],
    [
      'a threshold with a typo',
      { target: TARGET, profile: PROFILE, threshold: { failed: { critcal: { max: 0 } } } },
      '/threshold/failed/critcal',
      /unknown.*critical/,
    ],
    [
      'an unknown profile',
      { target: TARGET, profile: { name: 'no-such-profile' } },
      '/profile/name',
      /no-such-profile|profile/,
    ],
  ];
  it.each(refused)('%s', async (_name, body, pointer, words) => {
    const before = await e2e.service.request<{ items: unknown[] }>('GET', '/v1/scans');
    const { status, body: problem, headers } = await e2e.service.request<Problem>('POST', '/v1/scans', body);
    expect(status).toBe(422);
    expect(headers.get('content-type')).toContain('application/problem+json');
    const fault = problem.errors.find((error) => error.pointer?.startsWith(pointer));
    expect(fault, JSON.stringify(problem)).toBeDefined();
    expect(fault?.detail).toMatch(words);
    const after = await e2e.service.request<{ items: unknown[] }>('GET', '/v1/scans');
    expect(after.body.items).toHaveLength(before.body.items.length);
  });

  it('all faults of a body at once', async () => {
    const body = { target: { image: '::' }, profile: PROFILE, timeoutSeconds: 0, colour: 'red' };
    const { body: problem } = await e2e.service.request<Problem>('POST', '/v1/scans', body);
    const pointers = problem.errors.map((error) => error.pointer);
    expect(pointers).toEqual(expect.arrayContaining(['/target/image', '/timeoutSeconds', '/colour']));
  });
});

describe('a scan that cannot succeed fails at once, with its cause and its evidence, never passed, and leaves no pod', () => {
  beforeAll(async () => {
    await e2e.cluster.configMap('broken-ruby', {
      'broken.tar.gz': await profileArchive({
        'inspec.yml': 'name: broken\nversion: 1.0.0\n',
        'controls/broken.rb': "control 'x' do\n  describe file('/etc/passwd') do\n    it { should exist \n  end\nend\n",
      }),
    });
    await e2e.cluster.configMap('no-archive', { 'readme.txt': Buffer.from('nothing') });
  });

  const failing: [string, Record<string, unknown>, string, RegExp][] = [
    ['an image that does not exist', { target: { image: 'localhost:5000/no/such:1' } }, 'IMAGE', /no\/such/],
    [
      'an image whose process exits at once',
      { target: { image: testImage('exits'), run: true } },
      'TARGET_EXITED',
      /exit/,
    ],
    [
      'a profile with a Ruby syntax error',
      { profile: { configMap: 'broken-ruby' } },
      'PROFILE_INVALID',
      /broken\.rb|syntax/i,
    ],
    ['an unknown ConfigMap', { profile: { configMap: 'no-such-map' } }, 'PROFILE_NOT_FOUND', /no-such-map/],
    ['a ConfigMap without an archive', { profile: { configMap: 'no-archive' } }, 'PROFILE_INVALID', /tar\.gz/],
    [
      'a target that kills the scanner',
      { target: { image: testImage('killer'), run: true } },
      'SCANNER_KILLED',
      /scanner/i,
    ],
  ];
  it.each(failing)('%s', async (_name, body, code, words) => {
    const { id } = await e2e.service.submit({
      target: TARGET,
      profile: PROFILE,
      threshold: THRESHOLD,
      timeoutSeconds: 90,
      ...body,
    });
    const begin = Date.now();
    const scan = await e2e.service.finished(id, 80);
    expect(scan.state).toBe('failed');
    expect(scan.verdict).toBe('none');
    expect(scan.failure?.code).toContain(code);
    expect(scan.failure?.message).toMatch(words);
    expect((Date.now() - begin) / 1000, 'ends at once, not at the timeout').toBeLessThan(60);
    const evidence = await e2e.service.request<EvidenceView>('GET', `/v1/scans/${id}/evidence`);
    expect(evidence.status).toBe(200);
    const report = await e2e.service.request('GET', `/v1/scans/${id}/report`);
    expect(report.status).toBe(404);
    await e2e.cluster.noPodOf(id);
  });

  it('the evidence of a killed scanner shows how each container ended', async () => {
    const { id } = await e2e.service.submit({
      target: { image: testImage('killer'), run: true },
      profile: PROFILE,
      threshold: THRESHOLD,
      timeoutSeconds: 90,
    });
    await e2e.service.finished(id, 80);
    const { body } = await e2e.service.request<EvidenceView>('GET', `/v1/scans/${id}/evidence`);
    const scanner = body.containers.find((container) => container.name === 'scanner');
    expect(scanner).toMatchObject({ state: 'terminated', exitCode: 137 });
    expect(body.pod?.name).toMatch(/^scan-/);
  });
});

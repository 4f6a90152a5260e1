import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobQueue } from '../../../src/ports/job-queue.js';
import type { Problem } from '../../../src/edge/problem.js';
import type { ScanDto } from '../../../src/scans/scan.dto.js';
import { ApiServer, aSubmission } from './api-server.js';

/** What is wrong with a part of a submission → where and why. Each is tried alone, and all together. */
const FAULTS: [string, Record<string, unknown>, string, RegExp][] = [
  ['no target', { target: undefined }, '/target', /must be an object/],
  ['a target that is a string', { target: 'nginx' }, '/target', /must be an object/],
  ['a target that is a list', { target: [] }, '/target', /must be an object/],
  ['no image', { target: {} }, '/target/image', /must be a string/],
  ['an image that is a number', { target: { image: 7 } }, '/target/image', /must be a string/],
  ['an empty image', { target: { image: '' } }, '/target/image', /is empty/],
  ['an image in upper case', { target: { image: 'Nginx' } }, '/target/image', /lower case/],
  ['an image with a bad tag', { target: { image: 'nginx:-1' } }, '/target/image', /tag "-1"/],
  [
    'an image with a short digest',
    { target: { image: 'nginx@sha256:abc' } },
    '/target/image',
    /64 lower-case hexadecimal/,
  ],
  ['a field of a target that is unknown', { target: { image: 'nginx', tag: '1' } }, '/target/tag', /not a field/],
  ['a kind of target of a later version', { target: { image: 'nginx', pod: {} } }, '/target/pod', /not a field/],
  [
    'a pull secret that is no name',
    { target: { image: 'nginx', pullSecret: 'A_b' } },
    '/target/pullSecret',
    /DNS subdomain/,
  ],
  ['run as a word', { target: { image: 'nginx', run: 'yes' } }, '/target/run', /must be a boolean/],
  [
    'a command of a held target',
    { target: { image: 'nginx', command: ['sh'] } },
    '/target/command',
    /needs "run": true/,
  ],
  [
    'an argument that is a number',
    { target: { image: 'nginx', run: true, args: ['a', 1] } },
    '/target/args/1',
    /must be a string/,
  ],
  ['an argument with U+0000', { target: { image: 'nginx', run: true, args: ['a\0'] } }, '/target/args/0', /U\+0000/],
  ['no profile', { profile: undefined }, '/profile', /must be an object/],
  ['a profile without a way to find it', { profile: {} }, '/profile', /one of name, configMap, digest/],
  ['a profile named twice', { profile: { name: 'container-baseline', configMap: 'x' } }, '/profile', /only one of/],
  ['a profile that does not exist', { profile: { name: 'nope' } }, '/profile/name', /no profile.*container-baseline/],
  ['a profile name with U+0000', { profile: { name: 'a\0' } }, '/profile/name', /no profile/],
  [
    'a version that does not exist',
    { profile: { name: 'container-baseline', version: '99' } },
    '/profile/version',
    /there is: 1\./,
  ],
  ['a version of a ConfigMap', { profile: { configMap: 'x', version: '1' } }, '/profile/version', /by name/],
  ['a ConfigMap that is no name', { profile: { configMap: 'No!' } }, '/profile/configMap', /DNS subdomain/],
  [
    'a digest of no profile',
    { profile: { digest: `sha256:${'0'.repeat(64)}` } },
    '/profile/digest',
    /digest of no profile/,
  ],
  ['a threshold that is a number', { threshold: 80 }, '/threshold', /must be an object or a string/],
  ['a typo in a threshold of text', { threshold: 'faled.high.max: 0' }, '/threshold', /faled.high.max: is unknown/],
  ['a threshold of text that is no YAML', { threshold: 'a: [' }, '/threshold', /neither YAML nor JSON/],
  [
    'a threshold that nobody stored',
    { threshold: 'nowhere' },
    '/threshold',
    /is no threshold of this project: nowhere/,
  ],
  ['the same, in an object', { threshold: { name: 'nowhere' } }, '/threshold/name', /is no threshold of this project/],
  ['a name that is none', { threshold: { name: 'a b' } }, '/threshold/name', /must have letters/],
  ['a name that is a number', { threshold: { name: 7 } }, '/threshold/name', /must have letters/],
  [
    'a name and bounds',
    { threshold: { name: 'x', 'failed.high.max': 0 } },
    '/threshold/failed.high.max',
    /cannot stand beside name/,
  ],
  ['a typo in a threshold', { threshold: { failed: { critcal: { max: 0 } } } }, '/threshold/failed/critcal', /unknown/],
  ['a typo in a flat threshold', { threshold: { 'faled.high.max': 0 } }, '/threshold/faled.high.max', /unknown/],
  ['an empty threshold', { threshold: {} }, '/threshold', /./],
  ['labels that are a list', { labels: ['a'] }, '/labels', /object of strings/],
  ['a label that is a number', { labels: { team: 7 } }, '/labels/team', /must be a string/],
  ['a label key that is none', { labels: { 'a b': 'x' } }, '/labels/a b', /no label key/],
  [
    'a label key with a slash, escaped in its pointer',
    { labels: { 'x.io/a~b': 'x' } },
    '/labels/x.io~1a~0b',
    /no label key/,
  ],
  ['a label that is too long', { labels: { a: 'x'.repeat(256) } }, '/labels/a', /at most 255/],
  [
    'too many labels',
    { labels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`k${i}`, ''])) },
    '/labels',
    /at most 32/,
  ],
  ['no time at all', { timeoutSeconds: 0 }, '/timeoutSeconds', /from 10 to 3600 seconds; it is 0/],
  ['too much time', { timeoutSeconds: 3601 }, '/timeoutSeconds', /from 10 to 3600/],
  ['half a second', { timeoutSeconds: 10.5 }, '/timeoutSeconds', /whole number/],
  ['a time that is a word', { timeoutSeconds: '60' }, '/timeoutSeconds', /whole number/],
  [
    'a security mode that does not exist',
    { securityMode: 'root' },
    '/securityMode',
    /one of general, baseline, restricted/,
  ],
  ['commands that are a word', { allowTargetCommands: 'nginx' }, '/allowTargetCommands', /must be a list/],
  [
    'a command with a folder',
    { allowTargetCommands: ['/usr/sbin/nginx'] },
    '/allowTargetCommands/0',
    /name of a program/,
  ],
  ['a command twice', { allowTargetCommands: ['a', 'a'] }, '/allowTargetCommands/1', /named twice/],
  ['inputs that are a list', { inputs: [] }, '/inputs', /must be an object/],
  ['sensitive inputs without a key', { sensitiveInputs: { a: 'secret' } }, '/sensitiveInputs/a', /ENCRYPTION_KEY/],
  [
    'a waiver without a reason',
    { waivers: { 'container-1.1': {} } },
    '/waivers/container-1.1/justification',
    /say why/,
  ],
  ['a priority, of a later version', { priority: 'high' }, '/priority', /not a field/],
  ['a misspelt field', { tresholds: {} }, '/tresholds', /not a field/],
  ['a field called constructor', { constructor: 1 }, '/constructor', /not a field/],
];

describe('POST /v1/scans', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await ApiServer.start();
  });
  afterAll(() => api.stop());

  const post = (body: unknown, headers?: Record<string, string>) => api.ask('POST', '/v1/scans', { body, headers });

  it('stores and queues the scan, and says where it is', async () => {
    const body = {
      target: { image: 'nginx', pullSecret: 'registry.example', run: true, command: ['nginx'], args: ['-g', ''] },
      profile: { name: 'container-baseline', version: '1.0.0' },
      threshold: { failed: { critical: { max: 0 } } },
      labels: { team: 'shop', 'example.io/commit': '1f2e3d', constructor: 'kept' },
      timeoutSeconds: 60,
      securityMode: 'restricted',
      allowTargetCommands: ['nginx'],
    };
    const { status, headers, body: scan } = await api.ask<ScanDto>('POST', '/v1/scans', { body });
    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`/v1/scans/${scan.id}`);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(scan).toMatchObject({ ...body, state: 'queued', verdict: 'none', attempt: 1, summary: null, failure: null });
    expect(await api.scan(scan.id)).toEqual(scan);
    expect(await api.app.get(JobQueue).has('scan.run', { scanId: scan.id, attempt: 1 })).toBe(true);
  });

  it('fills in what was left out, null included', async () => {
    const nothing = { threshold: null, labels: null, timeoutSeconds: null };
    for (const left of [{}, nothing]) {
      const scan = await api.submit(left);
      expect(scan).toMatchObject({
        labels: {},
        threshold: null,
        timeoutSeconds: 600,
        securityMode: 'general',
        allowTargetCommands: [],
      });
      expect(scan.target).toMatchObject({ pullSecret: null, run: false, command: null, args: null });
    }
  });

  it('takes a profile by digest and in a ConfigMap', async () => {
    const profiles = await api.ask<{ items: { digest: string }[] }>('GET', '/v1/profiles');
    const digest = profiles.body.items[0]?.digest;
    expect((await api.submit({ profile: { digest } })).profile).toEqual({
      name: null,
      version: null,
      configMap: null,
      digest,
    });
    expect((await api.submit({ profile: { configMap: 'my-profile' } })).profile.configMap).toBe('my-profile');
  });

  it('one image is one target, however it is spelt', async () => {
    const ids = [];
    for (const image of ['nginx', 'docker.io/nginx:latest', 'index.docker.io/library/nginx']) {
      ids.push((await api.submit({ target: { image } })).target.id);
    }
    expect(new Set(ids).size).toBe(1);
    expect((await api.submit({ target: { image: 'nginx:1' } })).target.id).not.toBe(ids[0]);
  });

  it('many first scans of one target at once share it', async () => {
    const scans = await Promise.all(
      Array.from({ length: 12 }, () => api.submit({ target: { image: 'registry.example/race:1' } })),
    );
    expect(new Set(scans.map((scan) => scan.target.id)).size).toBe(1);
  });

  it.each(FAULTS)('refuses %s', async (_, wrong, pointer, detail) => {
    const { status, body } = await post({ ...aSubmission(), ...wrong });
    expect(status).toBe(422);
    expect(body.code).toBe('INVALID');
    const faults = body.errors ?? [];
    expect(faults.map((fault) => fault.pointer)).toContainEqual(
      expect.stringMatching(new RegExp(`^${escape(pointer)}(/|$)`)),
    );
    expect(faults.filter((fault) => fault.pointer?.startsWith(pointer)).map((fault) => fault.detail)).toContainEqual(
      expect.stringMatching(detail),
    );
    expect(
      faults.every((fault) => fault.pointer?.startsWith(pointer)),
      JSON.stringify(faults),
    ).toBe(true);
  });

  it('tells all faults of a body at once', async () => {
    const { status, body } = await post({
      target: { image: 'UPPER', workload: {} },
      profile: { name: 'nope' },
      threshold: { failed: { critcal: { max: 0 } }, compliance: { min: 101 } },
      labels: { 'a b': '' },
      timeoutSeconds: 0,
      extra: 1,
    });
    expect(status).toBe(422);
    const pointers = (body.errors ?? []).map((fault) => fault.pointer);
    for (const pointer of [
      '/target/image',
      '/target/workload',
      '/profile/name',
      '/labels/a b',
      '/timeoutSeconds',
      '/extra',
    ]) {
      expect(pointers).toContain(pointer);
    }
    expect(pointers.filter((pointer) => pointer?.startsWith('/threshold/'))).toHaveLength(2);
  });

  it.each([
    ['no body', undefined],
    ['null', null],
    ['a list', []],
    ['a word', 'scan'],
  ])('refuses %s for a body', async (_, body) => {
    const answer = await post(body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toEqual([{ pointer: '', detail: 'must be an object' }]);
  });

  it('refuses __proto__ for a field', async () => {
    const raw = `{"__proto__": {"x": 1}, ${JSON.stringify(aSubmission()).slice(1)}`;
    const { status, body } = await api.ask('POST', '/v1/scans', { raw });
    expect(status).toBe(422);
    expect(body.errors).toEqual([{ pointer: '/__proto__', detail: expect.stringContaining('not a field') as string }]);
  });

  it('refuses an Idempotency-Key instead of making two scans where the caller counts on one', async () => {
    const { status, body } = await post(aSubmission(), { 'idempotency-key': 'one' });
    expect(status).toBe(422);
    expect(body.errors?.[0]).toMatchObject({ parameter: 'Idempotency-Key' });
  });

  it('stores nothing of what it refuses', async () => {
    const before = await api.prisma.scan.count();
    await post({ ...aSubmission(), extra: 1 });
    expect(await api.prisma.scan.count()).toBe(before);
  });
});

describe('POST /v1/scans without Redis', () => {
  it('answers 202 all the same, because the scan is in Postgres, and says so in the log', async () => {
    const api = await ApiServer.start({ REDIS_URL: 'redis://127.0.0.1:1' });
    try {
      const scan = await api.submit();
      expect(await api.scans.nextInTurn(10)).toEqual([{ id: scan.id, attempt: 1 }]);
      expect(api.log.join('')).toContain(`scan.run of ${scan.id} could not be queued, the reconciler will do it`);
      const { status, body } = await api.ask<{ parts: Record<string, { ready: boolean }> } & Problem>(
        'GET',
        '/readyz',
        { key: null },
      );
      expect(status).toBe(503);
      expect(body.parts).toMatchObject({ database: { ready: true }, queue: { ready: false }, store: { ready: true } });
    } finally {
      await api.stop();
    }
  });
});

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

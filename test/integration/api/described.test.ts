import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProfileTextsRepository } from '../../../src/profiles/profile-texts.repository.js';
import type { ProfileDto } from '../../../src/profiles/profile.dto.js';
import { scanFailure } from '../../../src/domain/errors.js';
import { files, tarGzOf } from '../../support/archives.factory.js';
import { Description, type Node } from '../../support/description.js';
import { anEvidence } from '../../support/factories.js';
import { type Answer, ApiServer, aSubmission } from './api-server.js';
import { aControl, anOutcome, finish, storeReport } from './outcomes.js';

const REPORT = { platform: { name: 'debian', release: '12' }, profiles: [], statistics: {}, version: '5.24.24' };
const BOUNDS = { compliance: { min: 80 } };
const described = new Description();
/** Operations whose answers a client reads as JSON or as a file, with what they need to answer well. */
type Requests = Record<string, (api: ApiServer, ids: Ids) => Promise<Answer<unknown>>>;
interface Ids {
  completed: string;
  failed: string;
  target: string;
  profile: string;
}

const REQUESTS: Requests = {
  'scans.submit': (api) => api.ask('POST', '/v1/scans', { body: fullSubmission() }),
  'scans.list': (api) => api.ask('GET', '/v1/scans?limit=200'),
  'scans.get': (api, { completed }) => api.ask('GET', `/v1/scans/${completed}`),
  'scans.cancel': async (api) => api.ask('DELETE', `/v1/scans/${(await api.submit()).id}`),
  'scans.evidence': (api, { failed }) => api.ask('GET', `/v1/scans/${failed}/evidence`),
  'scancontrols.list': (api, { completed }) => api.ask('GET', `/v1/scans/${completed}/controls`),
  'reports.report': (api, { completed }) => api.ask('GET', `/v1/scans/${completed}/report`),
  'reports.summary': (api) => api.ask('GET', '/v1/reports/summary?groupBy=image'),
  'targets.list': (api) => api.ask('GET', '/v1/targets'),
  'targets.get': (api, { target }) => api.ask('GET', `/v1/targets/${target}`),
  'profiles.list': (api) => api.ask('GET', '/v1/profiles'),
  'profiles.get': (api, { profile }) => api.ask('GET', `/v1/profiles/${profile}`),
  'profiles.controls': (api, { profile }) => api.ask('GET', `/v1/profiles/${profile}/controls`),
  'profiles.content': (api, { profile }) => api.ask('GET', `/v1/profiles/${profile}/content`),
  'profileuploads.upload': (api) => upload(api, 'described'),
  'profileuploads.remove': async (api) => api.ask('DELETE', `/v1/profiles/${(await upload(api, 'gone')).body.id}`),
  'thresholds.create': (api) => api.ask('POST', '/v1/thresholds', { body: { name: 'made', threshold: BOUNDS } }),
  'thresholds.put': (api) => api.ask('PUT', '/v1/thresholds/put', { body: { threshold: BOUNDS } }),
  'thresholds.list': (api) => api.ask('GET', '/v1/thresholds'),
  'thresholds.get': (api) => api.ask('GET', '/v1/thresholds/first'),
  'thresholds.remove': async (api) => {
    await api.ask('PUT', '/v1/thresholds/gone', { body: { threshold: BOUNDS } });
    return api.ask('DELETE', '/v1/thresholds/gone');
  },
  'thresholds.evaluate': (api) =>
    api.ask('POST', '/v1/thresholds/evaluate', { body: { report: REPORT, threshold: BOUNDS } }),
  'keys.create': (api) => api.ask('POST', '/v1/keys', { body: { name: 'one', scopes: ['scans:read'] } }),
  'keys.list': (api) => api.ask('GET', '/v1/keys'),
  'keys.revoke': async (api) => api.ask('DELETE', `/v1/keys/${(await api.newKey(['scans:read'])).id}`),
  'health.live': (api) => api.ask('GET', '/livez'),
  'health.ready': (api) => api.ask('GET', '/readyz'),
  'docs.openapi': (api) => api.ask('GET', '/openapi.yaml'),
  'docs.page': (api) => api.ask('GET', '/docs'),
};

/** Every field of a submission. */
function fullSubmission(): Record<string, unknown> {
  return {
    target: { image: 'registry.example/shop/web:1.0', pullSecret: 'registry', run: true, command: ['a'], args: ['b'] },
    profile: { name: 'container-baseline' },
    inputs: { max_files: 10, list: ['a', null, { deep: true }] },
    waivers: { 'container-1.1': { justification: 'known', expirationDate: '2099-01-01', run: false } },
    threshold: BOUNDS,
    labels: { team: 'shop' },
    timeoutSeconds: 100,
    securityMode: 'baseline',
    allowTargetCommands: ['nginx'],
  };
}

async function upload(api: ApiServer, name: string): Promise<Answer<ProfileDto>> {
  const metadata = `name: ${name}\nversion: 1.0.0\ninputs:\n- {name: size, type: Numeric, value: 1}\n`;
  const raw = tarGzOf(files({ 'inspec.yml': metadata }));
  return api.ask<ProfileDto>('POST', '/v1/profiles', { raw, headers: { 'content-type': 'application/gzip' } });
}

describe('openapi.yaml', () => {
  let api: ApiServer;
  let ids: Ids;
  beforeAll(async () => {
    api = await ApiServer.start();
    const { body: profile } = await upload(api, 'first');
    const control = {
      controlId: 'a-1',
      title: 'A',
      desc: null,
      impact: 0.5,
      tags: { nist: ['AC-3'] },
      refs: [],
      code: '',
    };
    await new ProfileTextsRepository(api.prisma).complete(profile.digest, 1, [control]);
    await api.ask('PUT', '/v1/thresholds/first', { body: { threshold: BOUNDS } });
    const report = await storeReport(api, Buffer.from(JSON.stringify(REPORT)));
    const breach = { key: 'failed.high.controls', expected: ['a'], actual: ['b'], controls: ['a', 'b'] };
    const completed = await api.submit(fullSubmission());
    const controls = [aControl(), aControl({ controlId: 'c-2', status: 'failed', title: 'T', message: 'no' })];
    await finish(api, completed.id, anOutcome(1, 1, { report, controls, verdict: 'failed', breaches: [breach] }));
    const failed = await api.submit();
    const containers = [
      { name: 'scanner', state: 'terminated', reason: 'Error', message: '', exitCode: 1, restartCount: 0 },
    ];
    const events = [{ at: '2026-01-02T03:05:00.000Z', type: 'Warning', reason: 'Failed', message: 'no', count: 2 }];
    const evidence = anEvidence({ containers, events, logs: { scanner: 'end' }, receipt: { outcome: 'failed' } });
    await api.scans.fail(failed.id, 1, scanFailure('SCANNER_FAILED', 'it failed'), evidence);
    ids = { completed: completed.id, failed: failed.id, target: completed.target.id, profile: profile.id };
  });
  afterAll(() => api.stop());

  // What each answers is held against its schema by ApiServer.ask, here and in every other test of the API.
  it.each(described.operations.map(({ id }) => id))('describes what %s answers', async (id) => {
    const request = REQUESTS[id];
    if (request === undefined) throw new Error(`no test asks ${id}`);
    const { status, text } = await request(api, ids);
    expect([status, text]).toEqual([expect.toSatisfy((code: number) => code >= 200 && code < 300), text]);
  });

  it('is found wrong where an answer is another one', () => {
    const answer = { method: 'GET', path: '/livez', status: 200, contentType: 'application/json' };
    expect(described.faultsOf({ ...answer, text: '{"status":"ok"}' })).toEqual([]);
    for (const wrong of [
      { text: '{"status":1}' },
      { text: '{"status":"ok","more":1}' },
      { text: '{}' },
      { text: '{"status":"ok"}', status: 201 },
      { text: 'ok', contentType: 'text/plain' },
    ]) {
      expect(described.faultsOf({ ...answer, ...wrong })).not.toEqual([]);
    }
  });

  it('describes every request field that is taken', () => {
    const schema = { $ref: '#/components/schemas/CreateScanDto' };
    expect(described.check(schema, { ...fullSubmission(), sensitiveInputs: { token: 'secret' } })).toEqual([]);
    expect(described.check(schema, aSubmission())).toEqual([]);
    expect(described.check(schema, { ...aSubmission(), colour: 'red' })).not.toEqual([]);
  });

  it('has examples that fit their own schemas', () => {
    const examples = examplesIn(described.document);
    expect(examples.length).toBeGreaterThan(30);
    for (const { at, schema, value } of examples) expect([at, described.check(schema, value)]).toEqual([at, []]);
  });

  it('says of every operation what it does, of every parameter what it means, and of every answer what it is', () => {
    for (const { id, node } of described.operations) {
      expect([id, node['summary']]).toEqual([id, expect.stringMatching(/\.$/)]);
      for (const parameter of (node['parameters'] ?? []) as Node[]) {
        expect([id, parameter['name'], parameter['description']]).toEqual([
          id,
          parameter['name'],
          expect.stringMatching(/./),
        ]);
      }
      for (const [status, response] of Object.entries(node['responses'] as Record<string, Node>)) {
        if (response['$ref'] === undefined)
          expect([id, status, response['description']]).toEqual([id, status, expect.stringMatching(/./)]);
      }
    }
  });
});

/** Every `example` beside a schema, and every one of a media type. */
function examplesIn(node: unknown, at = '#'): { at: string; schema: Node; value: unknown }[] {
  if (typeof node !== 'object' || node === null) return [];
  const { example, examples, schema, ...others } = node as Node;
  const own = example === undefined ? [] : [{ at, schema: others, value: example }];
  const named = Object.entries((examples ?? {}) as Record<string, Node>).map(([name, one]) => ({
    at: `${at}/${name}`,
    schema: schema as Node,
    value: one['value'],
  }));
  const inner = Object.entries({ ...others, ...(schema === undefined ? {} : { schema }) });
  return [...own, ...named, ...inner.flatMap(([key, value]) => examplesIn(value, `${at}/${key}`))];
}

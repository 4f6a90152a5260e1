import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scanFailure } from '../../../src/domain/errors.js';
import { SCOPES } from '../../../src/auth/scopes.js';
import type { ProfileDto } from '../../../src/profiles/profile.dto.js';
import { files, tarGzOf } from '../../support/archives.factory.js';
import { anEvidence } from '../../support/factories.js';
import { ApiServer, aSubmission } from './api-server.js';
import { anOutcome, finish, storeReport } from './outcomes.js';

const METHODS = ['get', 'put', 'post', 'patch', 'delete', 'head', 'options'] as const;
interface Operation {
  security?: unknown[];
}
type Paths = Record<string, Partial<Record<(typeof METHODS)[number], Operation>>>;

const OPENAPI = parse(await readFile(join(import.meta.dirname, '../../../openapi.yaml'), 'utf8')) as { paths: Paths };
const ROUTES = Object.entries(OPENAPI.paths).flatMap(([path, operations]) =>
  METHODS.flatMap((method) => {
    const operation = operations[method];
    return operation
      ? [{ method: method.toUpperCase(), path, operation, route: `${method.toUpperCase()} ${path}` }]
      : [];
  }),
);
const PUBLIC = ['GET /livez', 'GET /readyz', 'GET /openapi.yaml', 'GET /docs'];
const WITH_KEY = ROUTES.filter(({ route }) => !PUBLIC.includes(route));

/** What each route that needs no id of ours answers to a key of another project: its own, empty, world. */
const OWN_WORLD: Record<string, { body?: unknown; query?: string; status: number; empty?: true }> = {
  'POST /v1/scans': { body: aSubmission(), status: 202 },
  'GET /v1/scans': { status: 200, empty: true },
  'GET /v1/targets': { status: 200, empty: true },
  'GET /v1/reports/summary': { query: '?groupBy=image', status: 200, empty: true },
  'GET /v1/profiles': { status: 200 },
  'POST /v1/profiles': { status: 415 },
  'POST /v1/thresholds/evaluate': { body: {}, status: 422 },
  'POST /v1/thresholds': { body: { name: 'own', threshold: 'compliance.min: 1' }, status: 201 },
  'GET /v1/thresholds': { status: 200 },
  'POST /v1/keys': { body: { name: 'x', scopes: ['admin'] }, status: 201 },
  'GET /v1/keys': { status: 200 },
};

/** Routes that make what they name: a stranger gets one of its own by the same name. */
const MAKES: Record<string, unknown> = { 'PUT /v1/thresholds/{name}': { threshold: 'compliance.min: 1' } };

describe('projects', () => {
  let api: ApiServer;
  /** Ids of the default project, by the folder they stand in. */
  const ids: Record<string, string[]> = {};

  beforeAll(async () => {
    api = await ApiServer.start();
    const done = await api.submit({ labels: { secret: 'ours' } });
    const report = await storeReport(api, Buffer.from('{"secret":"ours"}'));
    await finish(api, done.id, anOutcome(1, 1, { report }));
    const failed = await api.submit();
    await api.scans.fail(failed.id, 1, scanFailure('TIMEOUT', 'x'), anEvidence());
    const queued = await api.submit();
    const key = await api.newKey(['scans:read']);
    await api.ask('PUT', '/v1/thresholds/ours', { body: { threshold: 'compliance.min: 99' } });
    const uploaded = await api.ask<ProfileDto>('POST', '/v1/profiles', {
      raw: tarGzOf(files({ 'inspec.yml': 'name: ours\nversion: 1.0.0\n' })),
      headers: { 'content-type': 'application/gzip' },
    });
    ids.profiles = [uploaded.body.id, uploaded.body.digest];
    ids.scans = [done.id, failed.id, queued.id];
    ids.thresholds = ['ours'];
    ids.targets = [done.target.id];
    ids.keys = [key.id];
  });
  afterAll(() => api.stop());

  it('the walk covers what is served', () => {
    expect(ROUTES.length).toBeGreaterThanOrEqual(18);
    for (const route of [...PUBLIC, ...Object.keys(OWN_WORLD)])
      expect(ROUTES.map((known) => known.route)).toContain(route);
  });

  it.each(ROUTES)('$route is described with a key unless it is public', ({ route, operation }) => {
    expect(operation.security !== undefined).toBe(!PUBLIC.includes(route));
  });

  it.each(PUBLIC)('%s needs no key', async (route) => {
    const [method = '', path = ''] = route.split(' ');
    expect((await api.ask(method, path, { key: null })).status).toBe(200);
  });

  it.each(WITH_KEY)('$route answers 401 without a key and with a revoked one', async ({ method, path }) => {
    const url = withIds(path)[0] ?? path;
    expect((await api.ask(method, url, { key: null })).status).toBe(401);
    const { id, key } = await api.newKey([...SCOPES]);
    await api.ask('DELETE', `/v1/keys/${id}`);
    expect((await api.ask(method, url, { key })).status).toBe(401);
  });

  it.each(WITH_KEY)('$route answers 403 to a key that lacks its scope', async ({ method, path, operation }) => {
    const needed = (operation.security as { key: string[] }[])[0]?.key ?? [];
    expect(needed).toHaveLength(1);
    const { key } = await api.newKey(SCOPES.filter((scope) => !needed.includes(scope)));
    expect((await api.ask(method, withIds(path)[0] ?? path, { key })).status).toBe(403);
  });

  it.each(WITH_KEY)("$route never shows or changes what is another project's", async ({ method, path, route }) => {
    const { key } = await api.newKey([...SCOPES], 'stranger');
    const before = await everything();
    if (route in MAKES) {
      const { key: maker } = await api.newKey([...SCOPES], 'maker');
      for (const url of withIds(path))
        expect((await api.ask(method, url, { key: maker, body: MAKES[route] })).status, url).toBe(201);
    } else if (path.includes('{')) {
      const urls = withIds(path);
      expect(urls.length).toBeGreaterThan(0);
      for (const url of urls) {
        expect((await api.ask(method, url, { key })).status, url).toBe(404);
        expect((await api.ask(method, `${url}?wait=1`, { key })).status, url).toBeGreaterThanOrEqual(404);
      }
    } else {
      const known = OWN_WORLD[route];
      if (known === undefined) throw new Error(`${route} is new: say in this test what a stranger sees there`);
      const answer = await api.ask<{ items?: unknown[] }>(method, path + (known.query ?? ''), {
        key,
        body: known.body,
      });
      expect(answer.status).toBe(known.status);
      if (known.empty) await onlyOwn(answer.body.items ?? []);
      for (const id of Object.values(ids).flat()) expect(answer.text).not.toContain(id);
      expect(answer.text).not.toContain('ours');
    }
    expect(await everything()).toEqual(before);
  });

  it("another project's targets and scans are not found by filters either", async () => {
    const { key } = await api.newKey([...SCOPES], 'filtering-stranger');
    const target = ids.targets?.[0] ?? '';
    for (const query of [
      `target=${target}`,
      'image=registry.example/shop/web:1.0',
      'label=secret=ours',
      'profile=container-baseline',
    ]) {
      expect((await api.ask('GET', `/v1/scans?${query}`, { key })).body).toEqual({ items: [], next: null });
    }
    expect((await api.ask('GET', '/v1/targets?image=registry.example/shop/web:1.0', { key })).body).toEqual({
      items: [],
      next: null,
    });
  });

  it('a cursor of another project opens nothing of it', async () => {
    const page = await api.ask<{ next: string }>('GET', '/v1/scans?limit=1');
    const { key } = await api.newKey([...SCOPES], 'cursor-stranger');
    expect((await api.ask('GET', `/v1/scans?cursor=${page.body.next}`, { key })).body).toEqual({
      items: [],
      next: null,
    });
  });

  it('two projects scan the same image as two targets', async () => {
    const { key } = await api.newKey([...SCOPES], 'same-image');
    expect((await api.submit({}, key)).target.id).not.toBe(ids.targets?.[0]);
  });

  /** The path with each of our ids in it, or as it is if it takes none. */
  function withIds(path: string): string[] {
    const [, folder, mark = ''] = /^\/v1\/(\w+)\/(\{(?:id|name)\})/.exec(path) ?? [];
    return folder === undefined ? [path] : (ids[folder] ?? []).map((id) => path.replace(mark, id));
  }

  /** What a stranger made in this walk itself is its own; none of ours is among it. */
  async function onlyOwn(items: unknown[]): Promise<void> {
    const stranger = await api.prisma.project.findUniqueOrThrow({ where: { name: 'stranger' } });
    const scans = await api.prisma.scan.count({ where: { projectId: stranger.id } });
    expect(items.length).toBeLessThanOrEqual(scans);
  }

  /** All rows of the default project, but when its keys were used. */
  async function everything(): Promise<unknown> {
    const where = { project: { name: 'default' } };
    const keys = await api.prisma.apiKey.findMany({ where, omit: { lastUsedAt: true }, orderBy: { id: 'asc' } });
    return [
      keys,
      await api.prisma.scan.findMany({ where, orderBy: { id: 'asc' } }),
      await api.prisma.target.findMany({ where }),
      await api.prisma.threshold.findMany({ where }),
      await api.prisma.profile.findMany({ orderBy: { id: 'asc' } }),
    ];
  }
});

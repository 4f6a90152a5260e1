import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REQUEST_ERRORS } from '../../../src/domain/errors.js';
import { ADMIN_KEY } from '../../support/environment.js';
import { ApiServer, aSubmission, nowhere } from './api-server.js';

describe('the edge of the API', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await ApiServer.start();
  });
  afterAll(() => api.stop());

  it.each([
    ['GET', '/v1/nope', 404, 'NOT_FOUND'],
    ['GET', '/index.html', 404, 'NOT_FOUND'],
    ['GET', '/v1/scans/a/b/c', 404, 'NOT_FOUND'],
    ['GET', '/%ff', 404, 'NOT_FOUND'],
    ['GET', `/v1/scans/${'x'.repeat(300)}`, 404, 'NOT_FOUND'],
    ['GET', '/docs/..%2f..%2fpackage.json', 404, 'NOT_FOUND'],
    ['GET', '/docs/package.json', 404, 'NOT_FOUND'],
    ['PUT', '/v1/scans', 405, 'METHOD_NOT_ALLOWED'],
    ['PATCH', '/v1/scans/scan_x', 405, 'METHOD_NOT_ALLOWED'],
    ['DELETE', '/livez', 405, 'METHOD_NOT_ALLOWED'],
    ['OPTIONS', '/v1/keys', 405, 'METHOD_NOT_ALLOWED'],
  ])('%s %s answers %i as problem+json', async (method, path, status, code) => {
    const answer = await api.ask(method, path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    const row = REQUEST_ERRORS[code as keyof typeof REQUEST_ERRORS];
    expect(answer.body).toMatchObject({
      ...row,
      code,
      type: `https://sidescan.dev/problems/${code.toLowerCase().replaceAll('_', '-')}`,
    });
    expect(answer.body.instance).toBe(path);
    expect(answer.body.requestId).toBe(answer.headers.get('x-request-id'));
    if (status === 405) expect(answer.headers.get('allow')).toMatch(/[A-Z]+/);
  });

  it.each([
    ['{', /JSON/],
    ['{"a":1}}', /JSON/],
    ["{'a':1}", /JSON/],
    ['\ufeff{}{', /JSON/],
    ['['.repeat(100_000) + ']'.repeat(100_000), /nested deeper than 100/],
  ])('answers 400 to a body that is not JSON (%#)', async (raw, detail) => {
    const { status, body } = await api.ask('POST', '/v1/scans', { raw });
    expect([status, body.code]).toEqual([400, 'MALFORMED_JSON']);
    expect(body.detail).toMatch(detail);
  });

  it('answers 400 to a body that is not UTF-8', async () => {
    const response = await fetch(`${api.url}/v1/scans`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: Buffer.from([0x22, 0xff, 0x22]),
    });
    expect(response.status).toBe(400);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'multipart/form-data; boundary=x'])(
    'answers 415 to %s',
    async (type) => {
      const { status, body } = await api.ask('POST', '/v1/scans', { raw: 'a=b', headers: { 'content-type': type } });
      expect([status, body.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    },
  );

  it('answers 413 to a body over the limit, but takes a report of that size where reports belong', async () => {
    const big = { ...aSubmission(), labels: { a: 'x'.repeat(2 * 1024 * 1024) } };
    const { status, body } = await api.ask('POST', '/v1/scans', { body: big });
    expect([status, body.code]).toEqual([413, 'BODY_TOO_LARGE']);
    const report = JSON.stringify({ text: 'x'.repeat(2 * 1024 * 1024) });
    const evaluated = await api.ask('POST', '/v1/thresholds/evaluate', {
      body: { report, threshold: { compliance: { min: 1 } } },
    });
    expect(evaluated.status).toBe(422);
  });

  it.each(['gzip', 'br', 'GZIP, identity'])(
    'answers 415 to a body in %s, and says that it is the encoding',
    async (encoding) => {
      for (const path of ['/v1/scans', '/v1/thresholds/evaluate']) {
        const { status, body } = await api.ask('POST', path, {
          body: aSubmission(),
          headers: { 'content-encoding': encoding },
        });
        expect([status, body.code, body.detail]).toEqual([
          415,
          'UNSUPPORTED_MEDIA_TYPE',
          expect.stringContaining('Content-Encoding'),
        ]);
      }
      const plain = await api.ask('POST', '/v1/scans', {
        body: aSubmission(),
        headers: { 'content-encoding': 'identity' },
      });
      expect(plain.status).toBe(202);
    },
  );

  it('refuses a name that stands twice in an object, wherever', async () => {
    const raw = JSON.stringify({ ...aSubmission(), labels: { team: 'a' } }).replace(
      '"team":"a"',
      '"team":"a","team":"b"',
    );
    const { status, body } = await api.ask('POST', '/v1/scans', { raw });
    expect([status, body.code, body.errors]).toEqual([
      422,
      'INVALID',
      [{ pointer: '/labels/team', detail: 'is given twice' }],
    ]);
  });

  it.each([
    ['GET', '/v1/scans/scan_x/evidence?wait=5', ['wait']],
    ['DELETE', '/v1/scans/scan_x?force=true&dryRun=1', ['force', 'dryRun']],
    ['POST', '/v1/thresholds/evaluate?mode=saf', ['mode']],
    ['POST', '/v1/keys?project=other', ['project']],
    ['GET', '/v1/targets/target_x?api_key=secret', ['api_key']],
    ['GET', '/v1/scans?token=secret', ['token']],
  ])('refuses parameters that %s %s does not take, by name', async (method, path, names) => {
    const { status, body } = await api.ask(method, path, method === 'POST' ? { body: {} } : {});
    const faults = names.map((parameter) => ({ parameter, detail: 'is not a parameter that this resource takes' }));
    expect([status, body.errors]).toEqual([422, faults]);
    expect((await api.ask(method, path, { key: null, ...(method === 'POST' ? { body: {} } : {}) })).status).toBe(401);
  });

  it('takes any parameter where no key is asked for: probes and browsers add their own', async () => {
    expect((await api.ask('GET', '/livez?probe=1', { key: null })).status).toBe(200);
    expect((await api.ask('GET', '/docs?theme=dark', { key: null })).status).toBe(200);
  });

  it('takes a slash at the end of a path', async () => {
    expect((await api.ask('GET', '/v1/scans/')).status).toBe(200);
    expect((await api.ask('POST', '/v1/scans/', { body: aSubmission() })).status).toBe(202);
    expect((await api.ask('GET', '/docs/', { key: null })).status).toBe(200);
    expect((await api.ask('PUT', '/v1/scans/')).headers.get('allow')).toBe('GET, HEAD, POST');
  });

  it('asks for the key before it reads the body of a report', async () => {
    const { port, hostname } = new URL(api.url);
    const reply = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        // Of this body not one byte is ever sent.
        const head = ['Host: x', 'Content-Type: application/json', 'Content-Length: 60000000', 'Connection: close'];
        socket.write(['POST /v1/thresholds/evaluate HTTP/1.1', ...head, '', ''].join('\r\n'));
      });
      let text = '';
      socket.on('data', (data: Buffer) => (text += data.toString()));
      socket.on('data', () => text.includes('\r\n\r\n') && text.endsWith('}') && socket.destroy());
      socket.on('close', () => resolve(text)).on('error', reject);
    });
    expect(reply).toMatch(/^HTTP\/1.1 401 /);
  });

  it('answers headers above the limit with a problem as well', async () => {
    const { status, body } = await api.ask('GET', `/v1/scans?image=${'x'.repeat(20_000)}`);
    expect([status, body.code]).toEqual([431, 'HEADERS_TOO_LARGE']);
  });

  it('takes a harmless request id and answers it everywhere; replaces any other', async () => {
    const mine = await api.ask('GET', '/v1/nope', { headers: { 'x-request-id': 'run-7:a.b_c' } });
    expect([mine.headers.get('x-request-id'), mine.body.requestId]).toEqual(['run-7:a.b_c', 'run-7:a.b_c']);
    expect(api.log.join('')).toContain('"requestId":"run-7:a.b_c"');
    for (const bad of ['a b', 'x'.repeat(129), '"}']) {
      const answer = await api.ask('GET', '/livez', { key: null, headers: { 'x-request-id': bad } });
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it("logs JSON lines with the key's id, and never a key", async () => {
    const { id, key } = await api.newKey(['scans:read']);
    await api.ask('GET', '/v1/scans?label=a=b', { key });
    await api.ask('GET', '/v1/scans', { key: `${key}x` });
    const lines = api.log.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual(
      expect.objectContaining({ msg: 'request', method: 'GET', path: '/v1/scans', status: 200, keyId: id }),
    );
    expect(api.log.join('')).not.toContain(key.slice(30, 60));
    expect(api.log.join('')).not.toContain(ADMIN_KEY);
  });

  it('answers HEAD as GET without a body', async () => {
    const answer = await api.ask('HEAD', '/v1/scans');
    expect([answer.status, answer.text]).toEqual([200, '']);
  });

  it('survives what is not HTTP', async () => {
    const { port, hostname } = new URL(api.url);
    const reply = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.end('\x16\x03\x01 nonsense\r\n\r\n'));
      let text = '';
      socket.on('data', (data: Buffer) => (text += data.toString()));
      socket.on('close', () => resolve(text)).on('error', reject);
    });
    expect(reply).toMatch(/^HTTP\/1.1 400 Bad Request\r\nContent-Type: application\/problem\+json/);
    expect(reply).toContain('"code":"MALFORMED_REQUEST"');
    expect((await api.ask('GET', '/livez', { key: null })).status).toBe(200);
  });

  it('is alive and ready, and says what answers', async () => {
    expect((await api.ask('GET', '/livez', { key: null })).body).toEqual({ status: 'ok' });
    const fine = { ready: true, reason: null };
    const { status, body } = await api.ask('GET', '/readyz', { key: null });
    expect([status, body]).toEqual([200, { status: 'ok', parts: { database: fine, queue: fine, store: fine } }]);
  });

  it('serves its description and a page for it, with everything from this origin', async () => {
    const yaml = await api.ask('GET', '/openapi.yaml', { key: null });
    expect(yaml.text).toContain('openapi: 3.1.0');
    expect(yaml.headers.get('content-type')).toContain('yaml');
    const page = await api.ask('GET', '/docs', { key: null });
    const root = await api.ask('GET', '/', { key: null });
    expect([root.status, root.text]).toEqual([200, page.text]);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)]
      .map((match) => match[1] ?? '')
      .filter((url) => !url.startsWith('data:'));
    expect(assets.length).toBe(3);
    for (const asset of assets) {
      expect(asset).toMatch(/^\/docs\//);
      const answer = await api.ask('GET', asset, { key: null });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toMatch(asset.endsWith('.css') ? /css/ : /javascript/);
    }
  });
});

describe('the API without its database', () => {
  it('does not start', async () => {
    const away = ApiServer.start();
    const api = await away;
    const { config } = api.installation;
    await api.app.close();
    api.installation.config = { ...config, databaseUrl: nowhere() };
    await expect(api.launch()).rejects.toThrow(/reach|ECONNREFUSED/);
    api.installation.config = config;
    await api.launch();
    await api.stop();
  });

  it('answers 503 with what is missing when it goes away, and recovers when it comes back', async () => {
    const api = await ApiServer.start();
    const url = new URL(api.installation.config.databaseUrl);
    const name = url.pathname.slice(1);
    try {
      await administer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await administer(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
      const answer = await api.ask('GET', '/v1/scans');
      expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([503, 'UNAVAILABLE', '5']);
      const ready = await api.ask('GET', '/readyz', { key: null });
      expect(ready.status).toBe(503);
      expect(ready.body).toMatchObject({
        parts: { database: { ready: false }, queue: { ready: true }, store: { ready: true } },
      });
      await administer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
      expect((await api.ask('GET', '/v1/scans')).status).toBe(200);
    } finally {
      await administer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
      await api.stop();
    }
  });

  it('says which migrations a database lacks', async () => {
    const api = await ApiServer.start();
    try {
      await api.prisma.$executeRaw`DELETE FROM _prisma_migrations`;
      const { status, text } = await api.ask('GET', '/readyz', { key: null });
      expect(status).toBe(503);
      expect(text).toMatch(/lacks the migrations \d+_init(, \w+)*: run \\"npm run migrate\\"/);
    } finally {
      await api.stop();
    }
  });

  async function administer(sql: string): Promise<void> {
    const { default: pg } = await import('pg');
    const { serviceAt } = await import('../../support/services.js');
    const client = new pg.Client({ connectionString: serviceAt('postgres') });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  }
});

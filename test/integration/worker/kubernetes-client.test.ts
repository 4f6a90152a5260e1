import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, describe, expect, it } from 'vitest';
import { KubernetesClient, KubernetesError } from '../../../src/platform/kubernetes/kubernetes-client.js';
import { KubernetesPodRuntime } from '../../../src/platform/kubernetes/kubernetes-pod-runtime.js';
import { NoRoom, PodRefused, type PodChange } from '../../../src/ports/pod-runtime.js';
import { eventually } from '../../support/eventually.js';
import { scanPod } from '../../../src/execution/scan-pod.js';
import { aScan } from '../../support/factories.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

// What a healthy cluster does not do when a test wants it: a server that breaks off, is overloaded, has forgotten, or refuses.
describe('an API server in trouble', () => {
  let server: Server;
  let calls: string[];
  const stop: AbortController[] = [];

  afterEach(async () => {
    stop.splice(0).forEach((one) => one.abort());
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  /** A server that gives one answer after the other, and the last one for ever. */
  async function clientOf(...answers: Answer[]): Promise<KubernetesClient> {
    calls = [];
    server = createServer((request, response) => {
      calls.push(`${request.method} ${request.url}`);
      (answers[calls.length - 1] ?? answers.at(-1))?.(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const config = new KubeConfig();
    const { port } = server.address() as AddressInfo;
    config.loadFromClusterAndUser(
      { name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
      { name: 'u', token: 't' },
    );
    return new KubernetesClient(config);
  }

  const json =
    (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
    (_, response) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    };
  const breakOff: Answer = (request) => request.socket.destroy();
  const status = (code: number, reason: string, message: string) =>
    json(code, { kind: 'Status', code, reason, message });
  const pod = (name: string, resourceVersion: string) => ({
    metadata: {
      name,
      uid: `u-${name}`,
      resourceVersion,
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { 'app.kubernetes.io/managed-by': 'sidescan' },
    },
    status: { phase: 'Running' },
  });
  const list = (resourceVersion: string, ...names: string[]) =>
    json(200, { metadata: { resourceVersion }, items: names.map((name) => pod(name, resourceVersion)) });
  const watch =
    (events: unknown[], then: 'end' | 'break' | 'stay'): Answer =>
    (request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(events.map((event) => `${JSON.stringify(event)}\n`).join(''), () => {
        if (then === 'end') response.end();
        if (then === 'break') request.socket.destroy();
      });
    };

  it('429 and 503: waits as long as Retry-After says, then asks again', async () => {
    const client = await clientOf(json(429, {}, { 'retry-after': '1' }), json(503, {}), json(200, { fine: true }));
    const started = Date.now();
    expect(await client.json({ path: '/x' })).toEqual({ fine: true });
    expect(Date.now() - started).toBeGreaterThanOrEqual(2_000);
    expect(calls).toHaveLength(3);
  });

  it('a connection that breaks off: asks again, and gives up after four times', async () => {
    const client = await clientOf(breakOff, json(200, { fine: true }));
    expect(await client.json({ path: '/x' })).toEqual({ fine: true });
    await new Promise((resolve) => server.close(resolve).closeAllConnections());
    const broken = await clientOf(breakOff);
    await expect(broken.json({ path: '/x' })).rejects.toThrow();
    expect(calls).toHaveLength(4);
  });

  it('a refusal: is not asked again, and says what the server said', async () => {
    const client = await clientOf(status(403, 'Forbidden', 'pods is forbidden: exceeded quota'));
    await expect(client.json({ path: '/x' })).rejects.toEqual(
      new KubernetesError(403, 'Forbidden', 'pods is forbidden: exceeded quota'),
    );
    expect(calls).toHaveLength(1);
  });

  it('a token that is renewed on disk: the calls go on with the new one', async () => {
    const tokens: (string | undefined)[] = [];
    await clientOf((request, response) => {
      const { authorization } = request.headers;
      tokens.push(authorization);
      if (authorization === 'Bearer new') json(200, { fine: true })(request, response);
      else status(401, 'Unauthorized', 'Unauthorized')(request, response);
    });
    const { port } = server.address() as AddressInfo;
    let token = 'old';
    const load = () => {
      const config = new KubeConfig();
      const cluster = { name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: true };
      config.loadFromClusterAndUser(cluster, { name: 'u', token });
      return config;
    };
    const client = new KubernetesClient(load(), load);
    token = 'new';
    expect(await client.json({ path: '/x' })).toEqual({ fine: true });
    expect(tokens).toEqual(['Bearer old', 'Bearer new']);
    token = 'revoked';
    const other = new KubernetesClient(load(), load);
    await expect(other.json({ path: '/x' })).rejects.toMatchObject({ status: 401 });
  });

  it('an answer larger than asked for: is cut', async () => {
    const client = await clientOf((_, response) => void response.end('x'.repeat(100_000)));
    expect(await client.bytes({ path: '/x', maxBytes: 1_000 })).toHaveLength(1_000);
  });

  const manifestWith = (inputsDigest?: string) => {
    const resources = { cpuRequest: '1', cpuLimit: '1', memoryRequest: '1Mi', memoryLimit: '1Mi' };
    const profile = { parts: [{ configMap: 'p', key: 'p.tar.gz' }], digest: `sha256:${'d'.repeat(64)}` };
    const limits = { reportBytes: 1, logBytes: 1 };
    const scan = aScan({ id: 'scan_1' });
    return scanPod({ scan, profile, inputsDigest, namespace: 'n', scannerImage: 'i', resources, limits });
  };

  it.each([400, 403, 404, 422])('a pod that is refused with %i is refused for good', async (code) => {
    const client = await clientOf(status(code, 'No', 'for a reason'));
    await expect(new KubernetesPodRuntime(client, 'n').create(manifestWith())).rejects.toEqual(
      new PodRefused('for a reason'),
    );
  });

  it('a quota that is used up is no refusal: when other pods have ended there may be room', async () => {
    const words =
      'pods "scan-1-1" is forbidden: exceeded quota: scans, requested: pods=1, used: pods=3, limited: pods=3';
    const client = await clientOf(status(403, 'Forbidden', words));
    await expect(new KubernetesPodRuntime(client, 'n').create(manifestWith())).rejects.toEqual(new NoRoom(words));
  });

  describe('the Secret of a pod', () => {
    const manifest = manifestWith(`sha256:${'e'.repeat(64)}`);
    const files = { 'inputs.json': Buffer.from('{}') };
    const made = json(201, pod('scan-1-1', '1'));
    const there = status(409, 'AlreadyExists', 'there is one');
    const POD = 'POST /api/v1/namespaces/n/pods';
    const SECRET = 'POST /api/v1/namespaces/n/secrets';
    const create = async (...answers: Answer[]) =>
      new KubernetesPodRuntime(await clientOf(...answers), 'n').create(manifest, files);

    it('is refused: so is the pod, with the reason', async () => {
      const refused = status(403, 'Forbidden', 'secrets is forbidden');
      await expect(create(made, refused)).rejects.toEqual(new PodRefused('secrets is forbidden'));
      expect(calls).toEqual([POD, SECRET]);
    });

    it('belongs to the pod that was made, or found', async () => {
      const bodies: unknown[] = [];
      const keep: Answer = (request, response) => {
        let text = '';
        request.on('data', (part: Buffer) => (text += part.toString()));
        request.on('end', () => {
          bodies.push(JSON.parse(text));
          json(201, {})(request, response);
        });
      };
      expect(await create(made, keep)).toBe('created');
      const owner = { apiVersion: 'v1', kind: 'Pod', name: 'scan-1-1', uid: 'u-scan-1-1' };
      expect(bodies[0]).toMatchObject({
        metadata: { name: 'scan-1-1-inputs', ownerReferences: [owner] },
        immutable: true,
        data: { 'inputs.json': Buffer.from('{}').toString('base64') },
      });
    });

    it('is there already with the pod: that is the one', async () => {
      expect(await create(there, json(200, pod('scan-1-1', '1')), there)).toBe('exists');
      expect(calls).toEqual([POD, 'GET /api/v1/namespaces/n/pods/scan-1-1', SECRET]);
    });

    it('is there before its pod: it is a former one, which goes, and then it is made', async () => {
      expect(await create(made, there, there, json(201, {}))).toBe('created');
      expect(calls).toEqual([POD, SECRET, SECRET, SECRET]);
    });
  });

  async function watching(...answers: Answer[]): Promise<PodChange[]> {
    const client = await clientOf(...answers);
    const changes: PodChange[] = [];
    const stopped = new AbortController();
    stop.push(stopped);
    void new KubernetesPodRuntime(client, 'n').watch((change) => changes.push(change), stopped.signal);
    return changes;
  }
  const names = (changes: PodChange[]) =>
    changes.map((change) => (change.kind === 'seen' ? `+${change.pod.name}` : `-${change.name}`));

  it('a watch that the server ends or that breaks off goes on where it stopped', async () => {
    const changes = await watching(
      list('5', 'a'),
      watch(
        [
          { type: 'ADDED', object: pod('b', '6') },
          { type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } },
        ],
        'end',
      ),
      watch([{ type: 'DELETED', object: pod('a', '10') }], 'break'),
      watch([{ type: 'MODIFIED', object: pod('b', '11') }], 'stay'),
    );
    await eventually('all changes', () => changes.length === 4);
    expect(names(changes)).toEqual(['+a', '+b', '-a', '+b']);
    expect(calls.slice(1).map((call) => /resourceVersion=(\d+)/.exec(call)?.[1])).toEqual(['5', '9', '10']);
  });

  it.each([
    [
      'as an event',
      watch([{ type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old resource version' } }], 'end'),
    ],
    ['as a status', status(410, 'Expired', 'too old resource version')],
  ])('a version that is too old (%s): lists again, and tells of pods that went away meanwhile', async (_, expired) => {
    const changes = await watching(list('5', 'a', 'b'), expired, list('50', 'b', 'c'), watch([], 'stay'));
    await eventually('the second list', () => changes.length === 5);
    expect(names(changes)).toEqual(['+a', '+b', '-a', '+b', '+c']);
  });

  it('a server that is away for a while: the watch comes back by itself', async () => {
    const changes = await watching(breakOff, breakOff, breakOff, breakOff, breakOff, list('5', 'a'), watch([], 'stay'));
    await eventually('the pod', () => changes.length === 1, 30);
    expect(names(changes)).toEqual(['+a']);
  }, 40_000);
});

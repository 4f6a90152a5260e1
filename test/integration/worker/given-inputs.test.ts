import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProgramContext } from '../../../src/platform/memory/memory-pod-runtime.js';
import { hands } from './hands.js';
import { engine, type Behaviour } from './memory-scanner.js';
import { Scene, type Asked } from './scene.js';

const ALIVE = new AbortController().signal;
const KEY = Buffer.alloc(32, 1).toString('base64');
const SECRET = 'a secret of the caller';
const GIVEN: Asked = {
  inputs: { size: 1, list: ['x'] },
  sensitiveInputs: { token: SECRET },
  waivers: { 'container-1.1': { justification: 'known', expirationDate: '2027-01-01', run: false } },
};

describe('inputs and waivers on their way to the scanner', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open({ SIDESCAN_ENCRYPTION_KEY: KEY });
  });
  afterAll(async () => {
    await scene?.close();
  });

  async function run(asked: Asked, behaviour: Behaviour = {}) {
    const seen: ProgramContext[] = [];
    const receipt: Behaviour['receipt'] = (honest, context) => {
      seen.push(context);
      return behaviour.receipt ? behaviour.receipt(honest, context) : honest;
    };
    const pods = engine({ ...behaviour, receipt });
    const { id } = await scene.insert(asked);
    const worker = hands(scene, pods);
    await worker.runner.run({ scanId: id, attempt: 1 }, ALIVE);
    await worker.stop();
    return { scan: await scene.ended(id), context: seen[0], pods };
  }

  it('come as files, those that the scanner reads, and in no other part of the pod', async () => {
    const { scan, context } = await run(GIVEN);
    expect(scan).toMatchObject({ state: 'completed', failure: null });
    const files = Object.entries(context?.secret ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString()]);
    const { nonce, ...rest } = Object.fromEntries(files) as Record<string, string>;
    expect(nonce).toMatch(/^[0-9a-f]{32}$/);
    expect(Object.fromEntries(Object.entries(rest).map(([name, text]) => [name, JSON.parse(text) as unknown]))).toEqual(
      {
        'inputs.json': GIVEN.inputs,
        'sensitive.json': GIVEN.sensitiveInputs,
        'waivers.json': {
          'container-1.1': { justification: 'known', expiration_date: '2027-01-01', run: false },
        },
      },
    );
    expect(JSON.stringify(context?.manifest)).not.toMatch(new RegExp(`${SECRET}|known|${nonce}`));
    expect(await scene.scans.sealedInputs(scan.id, 1)).toBeNull();
  });

  it('need no Secret where nothing is given', async () => {
    const { scan, context } = await run({});
    expect(scan.state).toBe('completed');
    expect(context?.secret).toBeNull();
    expect(JSON.stringify(context?.manifest)).not.toContain('inputs');
  });

  it.each<[string, Behaviour['receipt']]>([
    ['no inputs', (honest) => ({ ...honest, inputs: null })],
    ['others', (honest) => ({ ...honest, inputs: { digest: `sha256:${'0'.repeat(64)}` } })],
  ])(
    'fail the scan where the scanner applied %s: there is no verdict without the waivers that were given',
    async (_, receipt) => {
      const { scan, pods } = await run({ ...GIVEN, threshold: { failed: { total: { max: 100 } } } }, { receipt });
      expect(scan).toMatchObject({ state: 'failed', verdict: 'none', failure: { code: 'INPUTS_NOT_DELIVERED' } });
      expect(await pods.list()).toEqual([]);
    },
  );

  it('fail the scan where the scanner says what is wrong with them', async () => {
    const error = { code: 'INPUTS_REFUSED', message: "Input 'size' is required" };
    const { scan } = await run(GIVEN, { receipt: (honest) => ({ ...honest, ok: false, report: null, error }) });
    expect(scan.failure).toEqual({ ...error, retryable: false });
    expect(await scene.scans.sealedInputs(scan.id, 1)).toBeNull();
  });

  it('fail the scan before there is a pod where the key is another one, or gone', async () => {
    const { id } = await scene.insert(GIVEN);
    const config = { ...scene.config, encryptionKey: Buffer.alloc(32, 2).toString('base64') };
    const pods = engine();
    const worker = hands(Object.assign(Object.create(scene) as Scene, { config }), pods);
    await worker.runner.run({ scanId: id, attempt: 1 }, ALIVE);
    await worker.stop();
    expect((await scene.ended(id)).failure).toEqual({
      code: 'INPUTS_UNREADABLE',
      message: expect.stringContaining('another SIDESCAN_ENCRYPTION_KEY') as string,
      retryable: false,
    });
    expect([...pods.created]).toEqual([]);
    expect(await scene.scans.sealedInputs(id, 1)).toBeNull();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openInputs, sealInputs, SealError } from '../../../src/scans/sealed-inputs.js';

const KEY = Buffer.alloc(32, 7).toString('base64');
const SCAN = { id: 'scan_1', projectId: 'proj_1' };

describe('sealed inputs', () => {
  it('open to what was sealed, whatever JSON it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (given) => {
        const inputs = JSON.parse(JSON.stringify(given)) as Record<string, unknown>;
        expect(openInputs(sealInputs(inputs, KEY, SCAN), KEY, SCAN).inputs).toEqual(inputs);
      }),
    );
  });

  it('are others each time, hide the value, and carry a fresh nonce', () => {
    const sealed = [1, 2].map(() => Buffer.from(sealInputs({ password: 'hunter2' }, KEY, SCAN)));
    expect(sealed[0]?.equals(sealed[1] ?? Buffer.alloc(0))).toBe(false);
    for (const one of sealed) expect(one.includes('hunter2') || one.includes('password')).toBe(false);
    const nonces = sealed.map((one) => openInputs(one, KEY, SCAN).nonce);
    expect(nonces[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  it.each([
    ['another scan', { ...SCAN, id: 'scan_2' }],
    ['another project', { ...SCAN, projectId: 'proj_2' }],
    ['parts that run into each other', { id: '1', projectId: 'proj_1\nscan_' }],
  ])('do not open for %s', (_, scan) => {
    expect(() => openInputs(sealInputs({ a: 'secret' }, KEY, SCAN), KEY, scan)).toThrow(SealError);
  });

  it('name a changed or missing key as the cause, and show neither key nor value', () => {
    const sealed = sealInputs({ a: 'secret' }, KEY, SCAN);
    const other = Buffer.alloc(32, 8).toString('base64');
    expect(() => openInputs(sealed, other, SCAN)).toThrow('they were encrypted with another SIDESCAN_ENCRYPTION_KEY');
    expect(() => openInputs(sealed, null, SCAN)).toThrow('SIDESCAN_ENCRYPTION_KEY is not set');
  });

  it('do not open where any byte was changed or the end is missing', () => {
    const sealed = Buffer.from(sealInputs({ a: 'secret' }, KEY, SCAN));
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => openInputs(changed, KEY, SCAN), `byte ${at}`).toThrow(SealError);
      expect(() => openInputs(sealed.subarray(0, at), KEY, SCAN), `cut at ${at}`).toThrow(SealError);
    }
  });
});

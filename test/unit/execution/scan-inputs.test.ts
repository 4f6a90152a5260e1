import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deliveredInputs } from '../../../src/execution/scan-inputs.js';
import { aScan } from '../../support/factories.js';

const text = (files: Readonly<Record<string, Uint8Array>>, name: string) => Buffer.from(files[name] ?? []).toString();
const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

describe('inputs and waivers as the scanner reads them', () => {
  it('are files in the terms of the auditor', () => {
    const waivers = {
      a: { justification: 'known' },
      b: { justification: 'until then', expirationDate: '2027-01-01', run: false },
      c: { justification: 'seen', run: true },
    };
    const { files } = deliveredInputs(aScan({ inputs: { size: 1, map: { a: [null] } }, waivers }), null);
    expect(Object.keys(files)).toEqual(['inputs.json', 'waivers.json']);
    expect(JSON.parse(text(files, 'inputs.json'))).toEqual({ size: 1, map: { a: [null] } });
    expect(JSON.parse(text(files, 'waivers.json'))).toEqual({
      a: { justification: 'known' },
      b: { justification: 'until then', expiration_date: '2027-01-01', run: false },
      c: { justification: 'seen', run: true },
    });
  });

  it('have a digest that is that of the lines of sha256sum', () => {
    const { digest, files } = deliveredInputs(aScan({ inputs: { a: 1 } }), null);
    const lines = ['inputs.json', 'waivers.json'].map((name) => `${sha256(text(files, name))}  ${name}\n`);
    expect(digest).toBe(`sha256:${sha256(lines.join(''))}`);
    expect(deliveredInputs(aScan({ inputs: { a: 1 } }), null).digest).toBe(digest);
    expect(deliveredInputs(aScan({ inputs: { a: 2 } }), null).digest).not.toBe(digest);
  });

  it('keep sensitive ones apart, with a nonce without which nobody guesses them from the digest', () => {
    const sensitive = { nonce: '0'.repeat(32), inputs: { password: 'hunter2' } };
    const { digest, files } = deliveredInputs(aScan({ inputs: { a: 1 } }), sensitive);
    expect(Object.keys(files)).toEqual(['inputs.json', 'nonce', 'sensitive.json', 'waivers.json']);
    expect(JSON.parse(text(files, 'sensitive.json'))).toEqual({ password: 'hunter2' });
    expect(text(files, 'inputs.json')).not.toContain('hunter2');
    expect(deliveredInputs(aScan({ inputs: { a: 1 } }), { ...sensitive, nonce: '1'.repeat(32) }).digest).not.toBe(
      digest,
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PART_BYTES, partsOf, profileVolume } from '../../../src/execution/profile-volume.js';

const digest = `sha256:${'ab'.repeat(32)}`;
const packed = (bytes: number) => partsOf({ digest, bytes: Buffer.alloc(bytes, 7) });

describe('the ConfigMaps that carry an archive', () => {
  it('is one, named by the digest, up to the size that a ConfigMap holds', () => {
    const [only, ...more] = packed(PART_BYTES);
    expect(more).toEqual([]);
    expect(only).toMatchObject({ configMap: `profile-${'ab'.repeat(16)}-0of1`, key: 'profile.tar.gz' });
    expect(only?.bytes.length).toBe(PART_BYTES);
  });

  it('are two from one byte more on, named by digest and part', () => {
    const parts = packed(PART_BYTES + 1);
    expect(parts.map(({ configMap, key, bytes }) => [configMap, key, bytes.length])).toEqual([
      [`profile-${'ab'.repeat(16)}-0of2`, 'profile.tar.gz.000', PART_BYTES],
      [`profile-${'ab'.repeat(16)}-1of2`, 'profile.tar.gz.001', 1],
    ]);
  });

  it('hold the archive, joined in the order of their keys, and nothing else, each within the limit and of a valid name', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 * PART_BYTES }), (size) => {
        const bytes = Buffer.alloc(size);
        for (let at = 0; at < size; at += 997) bytes[at] = at % 251;
        const parts = partsOf({ digest, bytes });
        const sorted = [...parts].sort((a, b) => (a.key < b.key ? -1 : 1));
        expect(Buffer.concat(sorted.map((part) => part.bytes)).equals(bytes)).toBe(true);
        expect(new Set(parts.map((part) => part.configMap)).size).toBe(parts.length);
        for (const part of parts) {
          expect(part.bytes.length).toBeLessThanOrEqual(PART_BYTES);
          expect(part.configMap).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
          expect(part.key).toMatch(/^[-._a-zA-Z0-9]{1,253}$/);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('refuses an archive that three digits cannot number', () => {
    const bytes = { length: 1_000 * PART_BYTES + 1, subarray: () => Buffer.alloc(0) } as unknown as Uint8Array;
    expect(() => partsOf({ digest, bytes })).toThrow(/more than 1000 parts/);
  });

  it('are mounted as one read-only folder', () => {
    const parts = packed(PART_BYTES + 1).map(({ configMap, key }) => ({ configMap, key }));
    expect(profileVolume({ digest, parts })).toEqual({
      name: 'profile',
      projected: {
        defaultMode: 0o444,
        sources: parts.map(({ configMap, key }) => ({ configMap: { name: configMap, items: [{ key, path: key }] } })),
      },
    });
    expect(profileVolume({ digest, parts: parts.slice(0, 1) })).toHaveProperty('configMap');
  });
});

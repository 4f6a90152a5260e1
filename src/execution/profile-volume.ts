import type { PodVolume } from '../domain/pod-manifest.js';

/** Where a pod finds the archive of its profile, and the digest of the whole archive's bytes. */
export interface DeliveredProfile {
  digest: string;
  /** The archive in one ConfigMap under a key that ends in `.tar.gz`, or its parts in order, each in one of its own (`.tar.gz.000`, …). */
  parts: readonly ProfilePart[];
}

export interface ProfilePart {
  configMap: string;
  key: string;
}

/** One part of an archive as it goes into a ConfigMap. */
export interface PackedPart extends ProfilePart {
  bytes: Uint8Array;
}

/** A ConfigMap holds 1 MiB, keys and metadata included. */
export const PART_BYTES = 1_000_000;
const KEY = 'profile.tar.gz';
/** Three digits number the parts. */
const MAX_PARTS = 1_000;

/**
 * An archive as the ConfigMaps that carry it, named by digest and part: one if it fits, else as many as it takes. Names and keys follow from
 * the bytes alone: whoever needs the archive finds what another has put there.
 */
export function partsOf({ digest, bytes }: { digest: string; bytes: Uint8Array }): PackedPart[] {
  const stem = `profile-${digest.replace(/^sha256:/, '').slice(0, 32)}`;
  const count = Math.max(1, Math.ceil(bytes.length / PART_BYTES));
  if (count > MAX_PARTS) throw new Error(`An archive of ${bytes.length} bytes has more than ${MAX_PARTS} parts`);
  return Array.from({ length: count }, (_, part) => ({
    configMap: `${stem}-${part}of${count}`,
    key: count === 1 ? KEY : `${KEY}.${String(part).padStart(3, '0')}`,
    bytes: bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES),
  }));
}

/** The volume that shows the archive, or all of its parts, in one folder. */
export function profileVolume({ parts }: DeliveredProfile): PodVolume {
  const maps = parts.map(({ configMap, key }) => ({ name: configMap, items: [{ key, path: key }] }));
  const [only] = maps;
  if (only && maps.length === 1) return { name: 'profile', configMap: { ...only, defaultMode: 0o444 } };
  return {
    name: 'profile',
    projected: { defaultMode: 0o444, sources: maps.map((map) => ({ configMap: map })) },
  };
}

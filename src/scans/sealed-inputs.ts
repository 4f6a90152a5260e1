import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** Which scan a sealed value belongs to: it opens for no other. */
export interface SealedFor {
  id: string;
  projectId: string;
}

/** Sensitive inputs as they lie in a seal. */
export interface SensitiveInputs {
  /** 32 random hexadecimal digits: makes a digest of these inputs one from which their values cannot be guessed. */
  nonce: string;
  inputs: Readonly<Record<string, unknown>>;
}

/** A seal that cannot be opened; the message says why and holds no value. */
export class SealError extends Error {}

const FORMAT = 1;
const ALGORITHM = 'aes-256-gcm';
const KEY_ID_BYTES = 4;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + KEY_ID_BYTES + IV_BYTES;

/** Seals sensitive inputs for one scan with AES-256-GCM: format, key id, initialization vector, ciphertext, tag. `key`: 32 bytes in base64. */
export function sealInputs(inputs: Readonly<Record<string, unknown>>, key: string, scan: SealedFor): Uint8Array {
  const plain: SensitiveInputs = { nonce: randomBytes(16).toString('hex'), inputs };
  const iv = randomBytes(IV_BYTES);
  const head = Buffer.concat([Buffer.from([FORMAT]), keyId(key), iv]);
  const cipher = createCipheriv(ALGORITHM, keyBytes(key), iv).setAAD(bound(head, scan));
  return Buffer.concat([head, cipher.update(JSON.stringify(plain), 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

/** Opens what `sealInputs` made; throws SealError without the key, with another key, for another scan, or where a byte was changed. */
export function openInputs(sealed: Uint8Array, key: string | null, scan: SealedFor): SensitiveInputs {
  if (key === null) throw new SealError('SIDESCAN_ENCRYPTION_KEY is not set for this worker');
  const bytes = Buffer.from(sealed);
  if (bytes.length <= HEAD_BYTES + TAG_BYTES || bytes[0] !== FORMAT) throw new SealError('they are not whole');
  if (!bytes.subarray(1, 1 + KEY_ID_BYTES).equals(keyId(key)))
    throw new SealError('they were encrypted with another SIDESCAN_ENCRYPTION_KEY');
  const head = bytes.subarray(0, HEAD_BYTES);
  const decipher = createDecipheriv(ALGORITHM, keyBytes(key), head.subarray(1 + KEY_ID_BYTES));
  decipher.setAAD(bound(head, scan)).setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const plain = Buffer.concat([decipher.update(bytes.subarray(HEAD_BYTES, -TAG_BYTES)), decipher.final()]);
    return JSON.parse(plain.toString('utf8')) as SensitiveInputs;
  } catch {
    throw new SealError('they are not those that were stored with this scan');
  }
}

/** A seal that is copied to another scan, project or head does not open there. */
function bound(head: Uint8Array, { id, projectId }: SealedFor): Buffer {
  return Buffer.concat([head, Buffer.from(`\n${projectId}\n${id}`)]);
}

/** Tells keys apart, so that a changed key is named as the cause; says nothing of the key. */
function keyId(key: string): Buffer {
  return createHash('sha256').update('sidescan key id\n').update(keyBytes(key)).digest().subarray(0, KEY_ID_BYTES);
}

function keyBytes(key: string): Buffer {
  return Buffer.from(key, 'base64');
}

import { StoredReportError } from './stored-report.error.js';

/** The shortest piece that is worth a reference, in bytes. */
const PIECE = 16;
/** Every so many bytes of the dictionary a piece is remembered. */
const STEP = 4;
const MIN_SLOTS_LOG2 = 10;

/**
 * Bytes as what another has in common with them: `steps` is a list of variable-length numbers, in turn how many bytes to take from
 * `literals`, how many to copy from the dictionary, and where from, counted from the end of the copy before.
 */
export interface Delta {
  steps: Buffer;
  literals: Buffer;
}

/** Describes `bytes` by `dictionary`, in time linear in both, with memory of about the dictionary's size. */
export function makeDelta(dictionary: Buffer, bytes: Buffer): Delta {
  const slots = remember(dictionary);
  const steps = new NumberList();
  const literals: Buffer[] = [];
  let taken = 0; // all before it is described
  let expected = 0; // where in the dictionary it goes on, if little has changed
  for (let at = 0; at + PIECE <= bytes.length;) {
    const ahead = expected + (at - taken);
    const known = slots[slotOf(bytes, at, slots.length - 1)] ?? -1;
    const aheadLength = commonLength(dictionary, ahead, bytes, at);
    const knownLength = known < 0 ? 0 : commonLength(dictionary, known, bytes, at);
    let length = Math.max(aheadLength, knownLength);
    let from = aheadLength >= knownLength ? ahead : known;
    if (length < PIECE) {
      at++;
      continue;
    }
    while (at > taken && from > 0 && bytes[at - 1] === dictionary[from - 1]) {
      at--;
      from--;
      length++;
    }
    steps.add(at - taken);
    literals.push(bytes.subarray(taken, at));
    steps.add(length);
    steps.addSigned(from - expected);
    at += length;
    taken = at;
    expected = from + length;
  }
  steps.add(bytes.length - taken);
  literals.push(bytes.subarray(taken));
  return { steps: steps.toBuffer(), literals: Buffer.concat(literals) };
}

/** The `size` bytes that a delta describes; throws StoredReportError if it describes others, whatever it holds. */
export function applyDelta(dictionary: Buffer, { steps, literals }: Delta, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  const reader = new NumberReader(steps);
  let at = 0;
  let literal = 0;
  let expected = 0;
  for (;;) {
    const take = reader.next();
    if (take > literals.length - literal || take > size - at) throw damaged();
    literals.copy(bytes, at, literal, literal + take);
    at += take;
    literal += take;
    if (reader.atEnd()) break;
    const length = reader.next();
    const from = expected + reader.nextSigned();
    if (from < 0 || length > dictionary.length - from || length > size - at) throw damaged();
    dictionary.copy(bytes, at, from, from + length);
    at += length;
    expected = from + length;
  }
  if (at !== size || literal !== literals.length) throw damaged();
  return bytes;
}

/** The first place of every remembered piece, by its hash; -1 where there is none. */
function remember(dictionary: Buffer): Int32Array {
  const log2 = Math.max(MIN_SLOTS_LOG2, Math.ceil(Math.log2(dictionary.length / STEP + 1)));
  const slots = new Int32Array(2 ** log2).fill(-1);
  for (let at = 0; at + PIECE <= dictionary.length; at += STEP) {
    const slot = slotOf(dictionary, at, slots.length - 1);
    if (slots[slot] === -1) slots[slot] = at;
  }
  return slots;
}

/** A multiplicative hash of the piece that begins there; whatever it answers, what is copied is compared byte by byte. */
function slotOf(bytes: Buffer, at: number, mask: number): number {
  const hash =
    Math.imul(bytes.readInt32LE(at), 0x9e3779b1) ^
    Math.imul(bytes.readInt32LE(at + 4), 0x85ebca77) ^
    Math.imul(bytes.readInt32LE(at + 8), 0xc2b2ae3d) ^
    Math.imul(bytes.readInt32LE(at + 12), 0x27d4eb2f);
  return (hash ^ (hash >>> 15)) & mask;
}

function commonLength(a: Buffer, fromA: number, b: Buffer, fromB: number): number {
  const most = Math.min(a.length - fromA, b.length - fromB);
  let length = 0;
  while (length < most && a[fromA + length] === b[fromB + length]) length++;
  return length;
}

/** Numbers, seven bits a byte, the lowest first. */
class NumberList {
  #bytes = Buffer.alloc(1024);
  #length = 0;

  add(number: number): void {
    if (this.#length + 8 > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length)]);
    let left = number;
    for (; left > 127; left = Math.floor(left / 128)) this.#bytes[this.#length++] = (left % 128) + 128;
    this.#bytes[this.#length++] = left;
  }

  addSigned(number: number): void {
    this.add(number < 0 ? -2 * number - 1 : 2 * number);
  }

  toBuffer(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

class NumberReader {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  atEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  next(): number {
    let number = 0;
    for (let unit = 1; unit < 2 ** 42; unit *= 128) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) throw damaged();
      number += (byte % 128) * unit;
      if (byte < 128) return number;
    }
    throw damaged();
  }

  nextSigned(): number {
    const number = this.next();
    return number % 2 === 0 ? number / 2 : -(number + 1) / 2;
  }
}

function damaged(): StoredReportError {
  return new StoredReportError('it is damaged: its parts do not fit together');
}

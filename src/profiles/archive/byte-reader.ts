/** Bytes of a stream in the pieces that its reader wants, without holding more than one piece and one chunk. */
export class ByteReader {
  private held: Buffer = Buffer.alloc(0);

  constructor(private readonly chunks: AsyncIterator<Buffer, void>) {}

  /** The next `count` bytes; fewer only at the end of the stream. */
  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let missing = count;
    while (missing > 0) {
      const part = await this.next(missing);
      if (part === null) break;
      parts.push(part);
      missing -= part.length;
    }
    const [only] = parts;
    return parts.length === 1 && only ? only : Buffer.concat(parts);
  }

  /** Passes over `count` bytes; false if the stream ends before. */
  async skip(count: number): Promise<boolean> {
    for (let missing = count; missing > 0; ) {
      const part = await this.next(missing);
      if (part === null) return false;
      missing -= part.length;
    }
    return true;
  }

  /** At least one and at most `max` bytes, or null at the end. */
  async next(max: number): Promise<Buffer | null> {
    while (this.held.length === 0) {
      const chunk = await this.chunks.next();
      if (chunk.done) return null;
      this.held = chunk.value;
    }
    const part = this.held.subarray(0, max);
    this.held = this.held.subarray(part.length);
    return part;
  }
}

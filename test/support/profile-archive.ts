import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** A profile as a tar.gz from file name → content: what a user would make with `tar czf`. */
export async function profileArchive(files: Record<string, string | Buffer>): Promise<Buffer> {
  const archive = pack();
  for (const [name, text] of Object.entries(files)) archive.entry({ name }, text);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

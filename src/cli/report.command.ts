import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import type { ReportCommand } from './remote-command-line.js';
import { serverClient } from './server-options.js';
import { Unreachable } from './server-client.js';

/** Writes the report as the server gives it, byte for byte, to a file or to standard output. Throws if it is not all of it. */
export async function writeReport({ server, id, format, output }: ReportCommand): Promise<void> {
  const body = await serverClient(server).report(id, format);
  try {
    if (output === null) await toStandardOutput(body);
    else await toFile(body, output);
  } catch (error) {
    // A connection whose answer nobody reads would keep the program from ending.
    await body.cancel().catch(() => undefined);
    throw error;
  }
}

/** A reader that goes away before the end, such as `head`, has all that it wants. */
async function toStandardOutput(body: ReadableStream<Uint8Array>): Promise<void> {
  let gone = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') gone = true;
  });
  for await (const chunk of whole(body)) {
    const written = new Promise<void>((resolve) => process.stdout.write(chunk, () => resolve()));
    await written;
    if (gone) return;
  }
}

/** Nobody finds half a report under the name that was asked for. What is there and is no file (/dev/null, a pipe) is written to as it is. */
async function toFile(body: ReadableStream<Uint8Array>, path: string): Promise<void> {
  const there = await stat(path).catch(() => null);
  if (there !== null && !there.isFile()) return toOpened(body, await open(path, 'w'));
  const draft = `${path}.${randomBytes(6).toString('hex')}.part`;
  try {
    await toOpened(body, await open(draft, 'wx', 0o644));
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function toOpened(body: ReadableStream<Uint8Array>, file: FileHandle): Promise<void> {
  try {
    for await (const chunk of whole(body)) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

async function* whole(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    throw new Unreachable(`the report broke off: ${(error as Error).message}`);
  }
}

import { readFileSync } from 'node:fs';
import { clientConfig } from '../config/client-config.js';
import type { ServerOptions } from './remote-command-line.js';
import { ServerClient } from './server-client.js';
import { UsageError } from './usage.js';

/** The server of the options, else of SIDESCAN_URL; its key out of a file, else of SIDESCAN_API_KEY: a key among arguments could be read by everybody on the machine. */
export function serverClient(options: ServerOptions): ServerClient {
  const env = clientConfig();
  const url = serverUrl(options.url ?? env.url);
  const key = options.keyFile === null ? env.apiKey : keyOf(options.keyFile);
  if (key === null) throw new UsageError('which key? set SIDESCAN_API_KEY, or give --key-file FILE');
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new UsageError('the key has characters that no key has; is it the key, and nothing else?');
  return new ServerClient(url, key, options.retrySeconds);
}

function serverUrl(text: string | null): URL {
  if (text === null) throw new UsageError('which server? set SIDESCAN_URL, or give --url URL');
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new UsageError(`the server is http://… or https://…; "${text}" is not`);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new UsageError('the address of the server has no user, password, query or fragment');
  // A path before /v1 stays, as behind a proxy.
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

function keyOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`the key file ${file} cannot be read: ${(error as Error).message}`);
  }
}

import { EnvReader, type Env } from './env-reader.js';

/** What a client of a server is told by the environment; null where it says nothing. */
export interface ClientConfig {
  readonly url: string | null;
  /** A secret: do not log it. */
  readonly apiKey: string | null;
}

/** SIDESCAN_URL and SIDESCAN_API_KEY. */
export function clientConfig(env: Env = process.env): ClientConfig {
  const reader = new EnvReader(env);
  return { url: reader.text('SIDESCAN_URL'), apiKey: reader.text('SIDESCAN_API_KEY') };
}

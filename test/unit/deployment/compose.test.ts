import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/config/config.js';

interface Service {
  image: string;
  build?: object;
  restart?: string;
  user?: string;
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  read_only?: boolean;
  cap_drop?: string[];
  healthcheck?: object;
  depends_on?: Record<string, { condition: string }>;
}
interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, null>;
}

const TEXT = readFileSync(new URL('../../../docker-compose.yml', import.meta.url), 'utf8');
/** The schema of the Compose specification, as its linter has it. */
const SCHEMA = join(
  dirname(createRequire(import.meta.url).resolve('dclint/package.json')),
  'schemas/compose.schema.json',
);

const GIVEN: Record<string, string> = {
  SIDESCAN_ADMIN_KEY: 'a'.repeat(64),
  STORE_SECRET: 'b'.repeat(40),
  DATABASE_PASSWORD: 'c'.repeat(40),
  SIDESCAN_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
  SIDESCAN_SCANNER_IMAGE: 'registry.example/sidescan/scanner:1.0',
  WORKER_KUBECONFIG: '/home/me/worker.kubeconfig',
};

/** The file as Compose reads it, with these variables: NAME:-default and NAME:?message, the only forms that it has. */
function compose(variables: Record<string, string> = GIVEN): Compose {
  const text = TEXT.replace(/\$\{([A-Z_]+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind?: string, rest = '') => {
    const value = variables[name] ?? (kind === '-' ? String(rest) : undefined);
    if (value === undefined) throw new Error(`${name}: ${rest}`);
    return value;
  });
  return parse(text, { merge: true }) as Compose;
}

describe('docker-compose.yml', () => {
  const validate = addFormats
    .default(new Ajv({ strict: false }))
    .compile(
      parse(readFileSync(SCHEMA, 'utf8').replace('https://json-schema.org', 'http://json-schema.org')) as object,
    );
  const { services, volumes } = compose();

  it('is of the Compose specification', () => {
    expect(validate(compose()) ? [] : validate.errors).toEqual([]);
    const misspelt = compose();
    Object.assign(misspelt.services.api ?? {}, { stop_graceperiod: '30s' });
    expect(validate(misspelt)).toBe(false);
  });

  it('refuses to start without what only its user knows, and its head says how to set each of these', () => {
    const required = [...TEXT.matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name ?? '');
    expect([...new Set(required)].sort()).toEqual(Object.keys(GIVEN).sort());
    const head = TEXT.slice(0, TEXT.indexOf('\nname:'));
    for (const name of required) {
      expect(head).toMatch(new RegExp(`^# +export .*\\b${name}=`, 'm'));
      expect(() => compose({ ...GIVEN, [name]: undefined as never })).toThrow(name);
    }
  });

  it.each(['api', 'worker'])('gives the %s a configuration that it takes', (name) => {
    const environment = services[name]?.environment ?? {};
    const config = loadConfig(
      Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, String(value)])),
    );
    expect(config).toMatchObject({ runtime: 'kubernetes', store: { kind: 's3', endpoint: 'http://store:7070' } });
    expect(config.adminKey !== null, 'the bootstrap key').toBe(name === 'api');
    expect(config.kubeconfig !== null, 'a way into the cluster').toBe(name === 'worker');
  });

  it('waits only for what can come: services that are there, health that is looked at, ends that are final', () => {
    for (const { depends_on = {} } of Object.values(services)) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        const other = services[name] ?? expect.fail(name);
        if (condition === 'service_healthy') expect(other.healthcheck, name).toBeDefined();
        // One that is started again has never ended.
        if (condition === 'service_completed_successfully') expect(other.restart, name).toBe('no');
      }
    }
  });

  it('confines what it builds, publishes the API on this machine alone, and keeps data in volumes that it declares', () => {
    const own = Object.entries(services).filter(([, service]) => service.build);
    expect(own.map(([name]) => name).sort()).toEqual(['api', 'bucket', 'migrate', 'worker']);
    for (const [, service] of own) expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    expect(Object.values(services).flatMap(({ ports = [] }) => ports)).toEqual(['127.0.0.1:3000:3000']);
    const mounts = Object.values(services).flatMap((service) => service.volumes ?? []);
    const named = mounts.map((mount) => mount.split(':')[0] ?? '').filter((source) => !source.startsWith('/'));
    expect(named.sort()).toEqual(Object.keys(volumes).sort());
  });
});

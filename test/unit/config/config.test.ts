import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, loadDatabaseUrl, type Config, type Env } from '../../../src/config/config.js';

const LEAST: Env = {
  DATABASE_URL: 'postgresql://user:pa55word@db.example/sidescan',
  REDIS_URL: 'redis://:r3dis-word@redis.example:6379',
  SIDESCAN_STORE: 'file:/var/lib/sidescan',
  SIDESCAN_SCANNER_IMAGE: 'registry.example/sidescan/scanner:1.0',
};

function load(more: Env = {}): Config {
  return loadConfig({ ...LEAST, ...more });
}

/** The problems of an environment, each as `VARIABLE: text`; empty if it loads. */
function problems(more: Env): string[] {
  try {
    load(more);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((p) => `${p.variable}: ${p.problem}`);
  }
}

describe('defaults', () => {
  it('are those of the documentation', () => {
    expect(load()).toEqual({
      http: { host: '127.0.0.1', port: 3000, bodyLimitBytes: 1_048_576 },
      databaseUrl: LEAST.DATABASE_URL,
      redisUrl: LEAST.REDIS_URL,
      queuePrefix: 'sidescan',
      store: { kind: 'folder', dir: '/var/lib/sidescan' },
      runtime: 'kubernetes',
      kubeconfig: null,
      namespace: 'sidescan-scans',
      scannerImage: 'registry.example/sidescan/scanner:1.0',
      auditorVersion: '5.24.24',
      maxPods: 10,
      scanAttempts: 2,
      patience: { pullSeconds: 120, unreachableSeconds: 30, unschedulableSeconds: 180 },
      profileReading: { maxPods: 1, seconds: 120 },
      workerConcurrency: 15,
      adminKey: null,
      encryptionKey: null,
      limits: {
        timeoutSecondsMin: 10,
        timeoutSecondsMax: 3600,
        timeoutSecondsDefault: 600,
        reportBytes: 67_108_864,
        dictionaryBytes: 16 * 1024 * 1024,
        logBytes: 7_340_032,
        inputBytes: 262_144,
        pageSizeDefault: 50,
        pageSizeMax: 200,
        waitSecondsMax: 60,
        profile: { archiveBytes: 8_388_608, unpackedBytes: 67_108_864, fileBytes: 16_777_216, entries: 5000 },
      },
      scanner: { cpuRequest: '100m', cpuLimit: '1', memoryRequest: '128Mi', memoryLimit: '512Mi' },
      logLevel: 'info',
    });
  });

  it('take an empty variable for an unset one', () => {
    expect(load({ PORT: '', SIDESCAN_ADMIN_KEY: '  ', HOST: '' })).toEqual(load());
  });

  it('follow other variables where they have to', () => {
    expect(load({ SIDESCAN_MAX_PODS: '40' }).workerConcurrency).toBe(45);
    expect(load({ SIDESCAN_PROFILE_UNPACKED_LIMIT_BYTES: '4096' }).limits.profile.fileBytes).toBe(4096);
    expect(load({ SIDESCAN_TIMEOUT_SECONDS_MAX: '120' }).limits.timeoutSecondsDefault).toBe(120);
  });
});

it('is frozen all through', () => {
  const config = load() as unknown as Record<string, Record<string, unknown>>;
  for (const part of [config, config.http, config.limits, config.store, config.scanner]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
  expect(() => Object.assign(config.limits ?? {}, { waitSecondsMax: 1 })).toThrow(TypeError);
});

describe('problems', () => {
  it('are all told at once, by variable', () => {
    expect(() => loadConfig({ PORT: 'x', SIDESCAN_MAX_PODS: '0', SIDESCAN_RUNTIME: 'docker' })).toThrow(ConfigError);
    const found = problems({
      DATABASE_URL: undefined,
      REDIS_URL: undefined,
      SIDESCAN_STORE: undefined,
      SIDESCAN_SCANNER_IMAGE: undefined,
      PORT: 'x',
      SIDESCAN_MAX_PODS: '0',
      SIDESCAN_RUNTIME: 'docker',
    });
    expect(found).toEqual([
      'SIDESCAN_MAX_PODS: is "0"; it has to be a whole number from 1 to 10000',
      'PORT: is "x"; it has to be a whole number from 0 to 65535',
      'DATABASE_URL: is not set; it has to be a URL: postgresql://… or postgres://…',
      'REDIS_URL: is not set; it has to be a URL: redis://… or rediss://…',
      'SIDESCAN_STORE: is not set; it has to be file:DIR or s3://BUCKET/PREFIX?endpoint=URL&region=R&pathStyle=true',
      'SIDESCAN_RUNTIME: is "docker"; it has to be one of kubernetes, podman',
      'SIDESCAN_SCANNER_IMAGE: is not set; it has to be an image reference, such as registry.example/sidescan/scanner:1.0',
    ]);
  });

  it('stand line by line in the message', () => {
    const lines = new ConfigError([
      { variable: 'PORT', problem: 'is "x"' },
      { variable: 'HOST', problem: 'is "y z"' },
    ]).message.split('\n');
    expect(lines).toEqual(['The configuration cannot be used:', '  PORT: is "x"', '  HOST: is "y z"']);
  });

  it.each([
    ['DATABASE_URL', 'mysql://root:s3cret-word@db/x'],
    ['DATABASE_URL', 's3cret-word'],
    ['REDIS_URL', 'http://:s3cret-word@redis'],
    ['SIDESCAN_ADMIN_KEY', 's3cret-word'],
    ['SIDESCAN_ENCRYPTION_KEY', 's3cret-word'],
    ['SIDESCAN_ADMIN_KEY', `${'s3cret-word'.repeat(4)} é`],
    ['SIDESCAN_STORE', 's3://key:s3cret-word@bucket/p'],
    ['SIDESCAN_STORE', 's3://bucket?endpoint=https://key:s3cret-word@s3.example'],
    ['SIDESCAN_STORE', 's3cret-word'],
  ])('name %s without the secret in it', (variable, value) => {
    const found = problems({ [variable]: value }).filter((line) => line.startsWith(`${variable}: `));
    expect(found).toHaveLength(1);
    expect(found.join()).not.toContain('s3cret-word');
  });
});

describe('numbers', () => {
  it.each([
    ['PORT', '0', '65535', ['-1', '65536', '3000.5', '0x10', '1e3', '٣', '12 13', '9'.repeat(20)]],
    ['SIDESCAN_MAX_PODS', '1', '10000', ['0', '10001', 'ten']],
    ['SIDESCAN_PROFILE_MAX_PODS', '1', '100', ['0', '101']],
    ['SIDESCAN_PROFILE_READ_SECONDS', '5', '3600', ['4', '3601']],
    ['SIDESCAN_WORKER_CONCURRENCY', '1', '20000', ['0', '20001']],
    ['SIDESCAN_BODY_LIMIT_BYTES', '1024', '67108864', ['1023', '67108865', '1M']],
    ['SIDESCAN_TIMEOUT_SECONDS_MAX', '10', '86400', ['9', '86401']],
    ['SIDESCAN_TIMEOUT_SECONDS_DEFAULT', '10', '3600', ['9', '3601']],
    ['SIDESCAN_REPORT_LIMIT_BYTES', '65536', '536870912', ['65535', '536870913']],
    ['SIDESCAN_PROFILE_LIMIT_BYTES', '1024', '67108864', ['1023', '67108865']],
    ['SIDESCAN_PROFILE_UNPACKED_LIMIT_BYTES', '1024', '67108864', ['1023', '67108865']],
    ['SIDESCAN_PROFILE_FILE_LIMIT_BYTES', '1024', '67108864', ['1023', '67108865']],
    ['SIDESCAN_PROFILE_ENTRIES_MAX', '1', '20000', ['0', '20001']],
    ['SIDESCAN_LOG_LIMIT_BYTES', '65536', '7340032', ['65535', '7340033']],
  ])('%s goes from %s to %s', (variable, least, most, refused) => {
    expect(problems({ [variable]: least })).toEqual([]);
    expect(problems({ [variable]: most })).toEqual([]);
    for (const value of refused) expect(problems({ [variable]: value }), value).toHaveLength(1);
  });

  it('are read as they stand', () => {
    const config = load({ PORT: '8080', SIDESCAN_MAX_PODS: '007', SIDESCAN_TIMEOUT_SECONDS_DEFAULT: ' 90 ' });
    expect([config.http.port, config.maxPods, config.limits.timeoutSecondsDefault]).toEqual([8080, 7, 90]);
  });
});

describe('names and references', () => {
  it.each([
    [
      'SIDESCAN_NAMESPACE',
      ['a', 'scans-2', 'a'.repeat(63)],
      ['Scans', '-a', 'a-', 'a.b', 'a'.repeat(64), 'a/b', 'a\nb'],
    ],
    ['SIDESCAN_QUEUE_PREFIX', ['x', 'sidescan-2'], ['a:b', 'A', '{x}', 'a'.repeat(64)]],
    ['HOST', ['0.0.0.0', '::', '::1', 'localhost'], ['a b', 'http://x', 'a/b']],
    [
      'SIDESCAN_SCANNER_IMAGE',
      ['scanner', 'localhost:5000/a/b:1', `r.example/s@sha256:${'0'.repeat(64)}`],
      ['-rf', 'a b', '$(id)', 'a'.repeat(513)],
    ],
    ['SIDESCAN_RUNTIME', ['kubernetes', 'podman'], ['Podman', 'memory', 'docker']],
    ['SIDESCAN_LOG_LEVEL', ['fatal', 'debug', 'silent'], ['verbose', 'INFO']],
    ['DATABASE_URL', ['postgres://h/d', 'postgresql:///d?host=/run/pg'], ['postgres:///d', 'h:5432/d', 'redis://h']],
    ['REDIS_URL', ['redis://h', 'rediss://u:p@h:6380/2'], ['h:6379', 'redis://', 'postgres://h']],
  ])('%s', (variable, taken, refused) => {
    for (const value of taken) expect(problems({ [variable]: value }), value).toEqual([]);
    for (const value of refused) {
      const found = problems({ [variable]: value });
      expect(found, value).toHaveLength(1);
      expect(found[0]).toMatch(new RegExp(`^${variable}: `));
    }
  });
});

describe('the admin key', () => {
  it('take 32 bytes in base64 for the encryption key, and nothing else', () => {
    const key = Buffer.alloc(32, 255).toString('base64');
    expect(load({ SIDESCAN_ENCRYPTION_KEY: key }).encryptionKey).toBe(key);
    expect(load().encryptionKey).toBeNull();
    const wrong = [
      Buffer.alloc(31).toString('base64'),
      Buffer.alloc(33).toString('base64'),
      key.slice(0, -1),
      `${key.slice(0, -2)}!=`,
    ];
    for (const value of [...wrong, Buffer.alloc(32, 255).toString('base64url')]) {
      expect(problems({ SIDESCAN_ENCRYPTION_KEY: value }), value).toEqual([
        'SIDESCAN_ENCRYPTION_KEY: is not 32 bytes in base64, as `openssl rand -base64 32` makes them',
      ]);
    }
  });

  it('take a limit for inputs that a Secret can hold', () => {
    expect(load({ SIDESCAN_INPUT_LIMIT_BYTES: '524288' }).limits.inputBytes).toBe(524_288);
    expect(problems({ SIDESCAN_INPUT_LIMIT_BYTES: '524289' })).toHaveLength(1);
  });

  it('is taken from 32 to 256 characters of a bearer token', () => {
    expect(load({ SIDESCAN_ADMIN_KEY: 'k'.repeat(32) }).adminKey).toBe('k'.repeat(32));
    expect(load({ SIDESCAN_ADMIN_KEY: 'k'.repeat(256) }).adminKey).toHaveLength(256);
    expect(load({ SIDESCAN_ADMIN_KEY: 'aZ0-._~+/'.repeat(4) + '==' }).adminKey).toHaveLength(38);
  });

  it('is refused with the reason', () => {
    expect(problems({ SIDESCAN_ADMIN_KEY: 'k'.repeat(31) })).toEqual([
      'SIDESCAN_ADMIN_KEY: has 31 characters; 32 or more are needed',
    ]);
    expect(problems({ SIDESCAN_ADMIN_KEY: 'k'.repeat(257) })[0]).toContain('at most 256');
    expect(problems({ SIDESCAN_ADMIN_KEY: 'k k'.repeat(12) })[0]).toContain('bearer token');
  });
});

describe('quantities of the scanner', () => {
  it('are Kubernetes quantities above zero', () => {
    expect(load({ SIDESCAN_SCANNER_CPU_LIMIT: '1.5', SIDESCAN_SCANNER_MEMORY_LIMIT: '1Gi' }).scanner).toMatchObject({
      cpuLimit: '1.5',
      memoryLimit: '1Gi',
    });
    for (const value of ['0', '-1', '1 Gi', '1GB', 'lots', '0.0']) {
      expect(problems({ SIDESCAN_SCANNER_MEMORY_LIMIT: value }), value).toHaveLength(1);
    }
  });

  it('keep a request at or below its limit', () => {
    const cpu = (request: string, limit: string) =>
      problems({ SIDESCAN_SCANNER_CPU_REQUEST: request, SIDESCAN_SCANNER_CPU_LIMIT: limit });
    expect(cpu('1000m', '1')).toEqual([]);
    expect(cpu('1001m', '1')).toEqual([
      'SIDESCAN_SCANNER_CPU_REQUEST: (1001m) is more than SIDESCAN_SCANNER_CPU_LIMIT (1)',
    ]);
    expect(problems({ SIDESCAN_SCANNER_MEMORY_REQUEST: '1Gi', SIDESCAN_SCANNER_MEMORY_LIMIT: '1000Mi' })).toHaveLength(
      1,
    );
    expect(problems({ SIDESCAN_SCANNER_MEMORY_REQUEST: '1M', SIDESCAN_SCANNER_MEMORY_LIMIT: '1Mi' })).toEqual([]);
  });
});

describe('what a migration needs', () => {
  it('is the database alone', () => {
    expect(loadDatabaseUrl({ DATABASE_URL: 'postgresql://h/d' })).toBe('postgresql://h/d');
    expect(() => loadDatabaseUrl({})).toThrow(ConfigError);
  });
});

import { EnvReader, type ConfigProblem, type Env } from './env-reader.js';
import { readPatience, type Patience } from './patience.js';
import { readStore, type StoreConfig } from './store-url.js';

export type { ConfigProblem, Env } from './env-reader.js';
export type { StoreConfig } from './store-url.js';

export const RUNTIMES = ['kubernetes', 'podman'] as const;
export type RuntimeKind = (typeof RUNTIMES)[number];
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** All that can be set from outside, checked and frozen. Secrets are in it: do not log it. */
export interface Config {
  readonly http: { readonly host: string; readonly port: number; readonly bodyLimitBytes: number };
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Prefix of every Redis key, so that two installations can share a Redis. */
  readonly queuePrefix: string;
  readonly store: StoreConfig;
  readonly runtime: RuntimeKind;
  /** Path of a kubeconfig; null: the pod's own service account, or the client's default file. */
  readonly kubeconfig: string | null;
  readonly namespace: string;
  readonly scannerImage: string;
  /** Version of the auditor in the scanner image: what the `inspec_version` of a profile is held against. */
  readonly auditorVersion: string;
  /** Scan pods in flight over all workers. */
  readonly maxPods: number;
  /** Attempts that a scan has in all, where the cluster takes its pod away. */
  readonly scanAttempts: number;
  readonly patience: Patience;
  /** Pods that read the texts of profiles, over all workers and beside the scan pods, and seconds that one may take. */
  readonly profileReading: { readonly maxPods: number; readonly seconds: number };
  /** Jobs that one worker runs at a time; more than `maxPods`, so that clean-up does not wait behind scans. */
  readonly workerConcurrency: number;
  readonly adminKey: string | null;
  /** 32 bytes in base64 that sensitive inputs are encrypted with; null: none are taken. */
  readonly encryptionKey: string | null;
  readonly limits: Limits;
  /** Kubernetes quantities of the scanner container. */
  readonly scanner: {
    readonly cpuRequest: string;
    readonly cpuLimit: string;
    readonly memoryRequest: string;
    readonly memoryLimit: string;
  };
  readonly logLevel: LogLevel;
}

export interface Limits {
  readonly timeoutSecondsMin: number;
  readonly timeoutSecondsMax: number;
  readonly timeoutSecondsDefault: number;
  /** Size of an uncompressed report, in bytes. */
  readonly reportBytes: number;
  /** Reports up to this size (uncompressed, in bytes) are stored as what they do not have in common with others of their profile; 0: none. */
  readonly dictionaryBytes: number;
  /** Size of a compressed report that may leave through the log, in bytes. */
  readonly logBytes: number;
  /** Inputs, sensitive ones included, and waivers of a scan together as JSON, in bytes. */
  readonly inputBytes: number;
  readonly pageSizeDefault: number;
  readonly pageSizeMax: number;
  readonly waitSecondsMax: number;
  readonly profile: ProfileLimits;
}

/** What an uploaded profile may measure. */
export interface ProfileLimits {
  /** Size of the archive, in bytes. */
  readonly archiveBytes: number;
  /** Size of all that is in it, unpacked, in bytes. */
  readonly unpackedBytes: number;
  /** Size of one file in it, in bytes. */
  readonly fileBytes: number;
  /** Files and folders in it. */
  readonly entries: number;
}

const MIB = 1024 * 1024;
const DATABASE_SCHEMES = ['postgresql', 'postgres'];

/** The configuration that cannot be used, with every problem at once. Names variables, never shows the value of a secret. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(['The configuration cannot be used:', ...problems.map((p) => `  ${p.variable}: ${p.problem}`)].join('\n'));
    this.name = 'ConfigError';
  }
}

/** Reads the environment, checks all of it and freezes the result; throws ConfigError. Empty variables count as unset. */
export function loadConfig(env: Env = process.env): Config {
  const reader = new EnvReader(env);
  const maxPods = reader.integer('SIDESCAN_MAX_PODS', { fallback: 10, min: 1, max: 10_000 });
  const config: Config = {
    http: {
      host: reader.matching('HOST', '127.0.0.1', /^[A-Za-z0-9.:_-]+$/, 'an address or a host name'),
      port: reader.integer('PORT', { fallback: 3000, min: 0, max: 65_535 }),
      bodyLimitBytes: reader.integer('SIDESCAN_BODY_LIMIT_BYTES', { fallback: MIB, min: 1024, max: 64 * MIB }),
    },
    databaseUrl: reader.url('DATABASE_URL', DATABASE_SCHEMES),
    redisUrl: reader.url('REDIS_URL', ['redis', 'rediss']),
    queuePrefix: reader.matching(
      'SIDESCAN_QUEUE_PREFIX',
      'sidescan',
      /^[a-z0-9-]{1,63}$/,
      'a-z, 0-9 and -, at most 63',
    ),
    store: readStore(reader),
    runtime: reader.oneOf('SIDESCAN_RUNTIME', RUNTIMES, 'kubernetes'),
    kubeconfig: reader.text('KUBECONFIG'),
    namespace: reader.matching(
      'SIDESCAN_NAMESPACE',
      'sidescan-scans',
      /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
      'the name of a namespace: a-z, 0-9 and -, at most 63, no - at its ends',
    ),
    scannerImage: reader.matching(
      'SIDESCAN_SCANNER_IMAGE',
      null,
      /^[a-zA-Z0-9][a-zA-Z0-9._:/@-]{0,511}$/,
      'an image reference, such as registry.example/sidescan/scanner:1.0',
    ),
    // scanner/Gemfile.lock
    auditorVersion: reader.matching(
      'SIDESCAN_AUDITOR_VERSION',
      '5.24.24',
      /^\d+(\.\d+){1,3}$/,
      'a version, such as 5.24.24',
    ),
    maxPods,
    scanAttempts: reader.integer('SIDESCAN_SCAN_ATTEMPTS', { fallback: 2, min: 1, max: 10 }),
    patience: readPatience(reader),
    profileReading: {
      maxPods: reader.integer('SIDESCAN_PROFILE_MAX_PODS', { fallback: 1, min: 1, max: 100 }),
      seconds: reader.integer('SIDESCAN_PROFILE_READ_SECONDS', { fallback: 120, min: 5, max: 3600 }),
    },
    workerConcurrency: reader.integer('SIDESCAN_WORKER_CONCURRENCY', { fallback: maxPods + 5, min: 1, max: 20_000 }),
    adminKey: readAdminKey(reader),
    encryptionKey: readEncryptionKey(reader),
    limits: readLimits(reader),
    scanner: readScannerResources(reader),
    logLevel: reader.oneOf('SIDESCAN_LOG_LEVEL', LOG_LEVELS, 'info'),
  };
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return deepFreeze(config);
}

/** DATABASE_URL alone: all that the migration command needs. Throws ConfigError. */
export function loadDatabaseUrl(env: Env = process.env): string {
  const reader = new EnvReader(env);
  const databaseUrl = reader.url('DATABASE_URL', DATABASE_SCHEMES);
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return databaseUrl;
}

function readAdminKey(reader: EnvReader): string | null {
  const key = reader.text('SIDESCAN_ADMIN_KEY');
  if (key === null) return null;
  if (key.length < 32) reader.fault('SIDESCAN_ADMIN_KEY', `has ${key.length} characters; 32 or more are needed`);
  if (key.length > 256) reader.fault('SIDESCAN_ADMIN_KEY', `has ${key.length} characters; at most 256 are taken`);
  // What RFC 6750 allows after "Bearer ": any other character could never arrive in a request.
  if (!/^[A-Za-z0-9._~+/-]+=*$/.test(key)) {
    reader.fault('SIDESCAN_ADMIN_KEY', 'may only have the characters of a bearer token: A-Z a-z 0-9 - . _ ~ + /');
  }
  return key;
}

function readEncryptionKey(reader: EnvReader): string | null {
  const key = reader.text('SIDESCAN_ENCRYPTION_KEY');
  if (key === null) return null;
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length !== 32 || bytes.toString('base64') !== key)
    reader.fault('SIDESCAN_ENCRYPTION_KEY', 'is not 32 bytes in base64, as `openssl rand -base64 32` makes them');
  return key;
}

function readLimits(reader: EnvReader): Limits {
  const timeoutSecondsMin = 10;
  const timeoutSecondsMax = reader.integer('SIDESCAN_TIMEOUT_SECONDS_MAX', {
    fallback: 3600,
    min: timeoutSecondsMin,
    max: 86_400,
  });
  const timeoutSecondsDefault = reader.integer('SIDESCAN_TIMEOUT_SECONDS_DEFAULT', {
    fallback: Math.min(600, timeoutSecondsMax),
    min: timeoutSecondsMin,
    max: 86_400,
  });
  if (timeoutSecondsDefault > timeoutSecondsMax) {
    reader.fault(
      'SIDESCAN_TIMEOUT_SECONDS_DEFAULT',
      `is more than SIDESCAN_TIMEOUT_SECONDS_MAX (${timeoutSecondsMax})`,
    );
  }
  return {
    timeoutSecondsMin,
    timeoutSecondsMax,
    timeoutSecondsDefault,
    reportBytes: reader.integer('SIDESCAN_REPORT_LIMIT_BYTES', { fallback: 64 * MIB, min: 64 * 1024, max: 512 * MIB }),
    dictionaryBytes: reader.integer('SIDESCAN_DICTIONARY_LIMIT_BYTES', { fallback: 16 * MIB, min: 0, max: 64 * MIB }),
    // A kubelet rotates a log at 10 MiB; 7 MiB are 9.4 MiB in base64.
    logBytes: reader.integer('SIDESCAN_LOG_LIMIT_BYTES', { fallback: 7 * MIB, min: 64 * 1024, max: 7 * MIB }),
    // A Secret holds 1 MiB.
    inputBytes: reader.integer('SIDESCAN_INPUT_LIMIT_BYTES', { fallback: 256 * 1024, min: 1024, max: 512 * 1024 }),
    pageSizeDefault: 50,
    pageSizeMax: 200,
    waitSecondsMax: 60,
    profile: readProfileLimits(reader),
  };
}

function readProfileLimits(reader: EnvReader): ProfileLimits {
  const bytes = (variable: string, fallback: number, max: number): number =>
    reader.integer(variable, { fallback, min: 1024, max });
  // The scanner takes no more: scanner/lib/sidescan/profile_archive.rb.
  const unpackedBytes = bytes('SIDESCAN_PROFILE_UNPACKED_LIMIT_BYTES', 64 * MIB, 64 * MIB);
  return {
    archiveBytes: bytes('SIDESCAN_PROFILE_LIMIT_BYTES', 8 * MIB, 64 * MIB),
    unpackedBytes,
    fileBytes: bytes('SIDESCAN_PROFILE_FILE_LIMIT_BYTES', Math.min(16 * MIB, unpackedBytes), 64 * MIB),
    entries: reader.integer('SIDESCAN_PROFILE_ENTRIES_MAX', { fallback: 5_000, min: 1, max: 20_000 }),
  };
}

function readScannerResources(reader: EnvReader): Config['scanner'] {
  const cpuRequest = reader.quantity('SIDESCAN_SCANNER_CPU_REQUEST', '100m');
  const cpuLimit = reader.quantity('SIDESCAN_SCANNER_CPU_LIMIT', '1');
  const memoryRequest = reader.quantity('SIDESCAN_SCANNER_MEMORY_REQUEST', '128Mi');
  const memoryLimit = reader.quantity('SIDESCAN_SCANNER_MEMORY_LIMIT', '512Mi');
  reader.atMost('SIDESCAN_SCANNER_CPU_REQUEST', cpuRequest, 'SIDESCAN_SCANNER_CPU_LIMIT', cpuLimit);
  reader.atMost('SIDESCAN_SCANNER_MEMORY_REQUEST', memoryRequest, 'SIDESCAN_SCANNER_MEMORY_LIMIT', memoryLimit);
  return { cpuRequest, cpuLimit, memoryRequest, memoryLimit };
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) deepFreeze(part as object);
  return Object.freeze(value);
}

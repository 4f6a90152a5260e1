import { REPORT_FORMATS, type ReportFormat } from '../reports/format-name.js';
import { SECURITY_MODES, type SecurityMode } from '../scans/scan.js';
import type { GivenOptions } from './given-files.js';
import { oneOf, parsed } from './options.js';
import { UsageError } from './usage.js';

export const SCAN_FORMATS = ['table', 'json', 'junit'] as const;
export type ScanFormat = (typeof SCAN_FORMATS)[number];

/** Where the server is, and where the key; what is null is told by the environment. */
export interface ServerOptions {
  url: string | null;
  keyFile: string | null;
  /** Seconds for which a lost connection is tried again. */
  retrySeconds: number;
}

export type ProfileOption = { name: string; version?: string } | { configMap: string } | { digest: string };
export type ScanThreshold = { file: string } | { inline: string } | { name: string } | null;

export interface ScanCommand {
  name: 'scan';
  server: ServerOptions;
  image: string;
  pullSecret: string | null;
  profile: ProfileOption;
  threshold: ScanThreshold;
  labels: Record<string, string>;
  timeoutSeconds: number | null;
  securityMode: SecurityMode | null;
  allow: string[];
  given: GivenOptions;
  wait: boolean;
  format: ScanFormat;
}

export interface ReportCommand {
  name: 'report';
  server: ServerOptions;
  id: string;
  format: ReportFormat;
  /** A file to write; null: standard output. */
  output: string | null;
}

const RETRY_SECONDS = 120;
const RETRY_SECONDS_MAX = 86_400;
const SERVER = {
  url: { type: 'string' },
  'key-file': { type: 'string' },
  'retry-for': { type: 'string' },
  format: { type: 'string', short: 'f' },
  help: { type: 'boolean', short: 'h' },
} as const;
const SCAN = {
  ...SERVER,
  image: { type: 'string' },
  'pull-secret': { type: 'string' },
  profile: { type: 'string' },
  'config-map': { type: 'string' },
  digest: { type: 'string' },
  threshold: { type: 'string', short: 'T' },
  inline: { type: 'string', short: 'I' },
  'threshold-name': { type: 'string' },
  label: { type: 'string', multiple: true },
  timeout: { type: 'string' },
  'security-mode': { type: 'string' },
  allow: { type: 'string', multiple: true },
  input: { type: 'string', multiple: true },
  'input-file': { type: 'string', multiple: true },
  'sensitive-input-file': { type: 'string', multiple: true },
  'waiver-file': { type: 'string', multiple: true },
  wait: { type: 'boolean' },
} as const;

/** The arguments of `scan`; null if they ask for help. */
export function readScan(args: string[]): ScanCommand | null {
  const { values } = parsed({ args, options: SCAN });
  if (values.help === true) return null;
  if (values.image === undefined) throw new UsageError('which image? give --image REF');
  const mode = values['security-mode'];
  const timeout = values.timeout;
  return {
    name: 'scan',
    server: serverOptions(values),
    image: values.image,
    pullSecret: values['pull-secret'] ?? null,
    profile: profileOption(values.profile, values['config-map'], values.digest),
    threshold: scanThreshold(values.threshold, values.inline, values['threshold-name']),
    labels: labelsOf(values.label ?? []),
    timeoutSeconds: timeout === undefined ? null : seconds('--timeout', timeout),
    securityMode: mode === undefined ? null : oneOf('--security-mode', mode, SECURITY_MODES),
    allow: values.allow ?? [],
    given: {
      inputs: values.input ?? [],
      inputFiles: values['input-file'] ?? [],
      sensitiveInputFiles: values['sensitive-input-file'] ?? [],
      waiverFiles: values['waiver-file'] ?? [],
    },
    wait: values.wait ?? false,
    format: oneOf('--format', values.format ?? 'table', SCAN_FORMATS),
  };
}

/** The arguments of `report`; null if they ask for help. */
export function readReport(args: string[]): ReportCommand | null {
  const options = { ...SERVER, output: { type: 'string', short: 'o' } } as const;
  const { values, positionals } = parsed({ args, options, allowPositionals: true });
  if (values.help === true) return null;
  const [id, ...others] = positionals;
  if (id === undefined || others.length > 0) throw new UsageError('the report of which scan? give one id');
  return {
    name: 'report',
    server: serverOptions(values),
    id,
    format: oneOf('--format', values.format ?? 'json', REPORT_FORMATS),
    output: values.output ?? null,
  };
}

function serverOptions(values: Partial<Record<'url' | 'key-file' | 'retry-for', string>>): ServerOptions {
  const retry = values['retry-for'];
  return {
    url: values.url ?? null,
    keyFile: values['key-file'] ?? null,
    retrySeconds: retry === undefined ? RETRY_SECONDS : seconds('--retry-for', retry),
  };
}

function profileOption(name?: string, configMap?: string, digest?: string): ProfileOption {
  const given = [name, configMap, digest].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw new UsageError('which profile? give one of --profile NAME[@VERSION], --config-map NAME, --digest SHA256');
  if (configMap !== undefined) return { configMap };
  if (digest !== undefined) return { digest };
  const at = (name ?? '').lastIndexOf('@');
  if (at < 0) return { name: name ?? '' };
  return { name: (name ?? '').slice(0, at), version: (name ?? '').slice(at + 1) };
}

function scanThreshold(file?: string, inline?: string, name?: string): ScanThreshold {
  const given = [file, inline, name].filter((one) => one !== undefined);
  if (given.length > 1) throw new UsageError('give only one of -T, -I and --threshold-name');
  if (file !== undefined) return { file };
  if (inline !== undefined) return { inline };
  return name === undefined ? null : { name };
}

function labelsOf(pairs: readonly string[]): Record<string, string> {
  const labels = new Map<string, string>();
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals <= 0) throw new UsageError(`--label is KEY=VALUE; "${pair}" is not`);
    const key = pair.slice(0, equals);
    if (labels.has(key)) throw new UsageError(`the label ${key} is given twice`);
    labels.set(key, pair.slice(equals + 1));
  }
  return Object.fromEntries(labels);
}

function seconds(option: string, text: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (!(value <= RETRY_SECONDS_MAX)) throw new UsageError(`${option} is a number of seconds; "${text}" is not`);
  return value;
}

import { parse } from 'yaml';
import { ReportError } from '../results/report.error.js';
import { isRecord, kindOf } from '../results/fields.js';
import type { CreateScanDto, WaiverDto } from '../scans/create-scan.dto.js';
import { readInput } from './report-file.js';
import { UsageError } from './usage.js';

/** Files of inputs and waivers as they are named on the command line. */
export interface GivenOptions {
  inputs: string[];
  inputFiles: string[];
  sensitiveInputFiles: string[];
  waiverFiles: string[];
}

/** Inputs and waivers as the server takes them; a later file, and then `--input`, replaces what an earlier one says of the same name. */
export function givenOf(options: GivenOptions): Pick<CreateScanDto, 'inputs' | 'sensitiveInputs' | 'waivers'> {
  const { inputs, inputFiles, sensitiveInputFiles, waiverFiles } = options;
  const all = new Map([...entriesOf(inputFiles), ...inputs.map(inputOf)]);
  const secrets = new Map(entriesOf(sensitiveInputFiles));
  const waivers = new Map(entriesOf(waiverFiles).map(([id, waiver]) => [id, waiverOf(waiver)]));
  return {
    ...(all.size === 0 ? {} : { inputs: Object.fromEntries(all) }),
    ...(secrets.size === 0 ? {} : { sensitiveInputs: Object.fromEntries(secrets) }),
    ...(waivers.size === 0 ? {} : { waivers: Object.fromEntries(waivers) as Record<string, WaiverDto> }),
  };
}

/** NAME=VALUE. true, false and numbers are what they say; everything else is text, and so is a number that is written otherwise (1.10). */
function inputOf(pair: string): [string, unknown] {
  const equals = pair.indexOf('=');
  if (equals <= 0) throw new UsageError(`--input is NAME=VALUE; "${pair}" is not`);
  const text = pair.slice(equals + 1);
  const isPlain = text === 'true' || text === 'false' || (/^-?\d/.test(text) && String(Number(text)) === text);
  return [pair.slice(0, equals), isPlain ? (JSON.parse(text) as unknown) : text];
}

/** InSpec writes `expiration_date`; what is not known of a waiver is sent as it is, and the server says so. */
function waiverOf(waiver: unknown): unknown {
  if (!isRecord(waiver)) return waiver;
  const { expiration_date: date, ...others } = waiver;
  return date === undefined ? others : { ...others, expirationDate: date };
}

function entriesOf(files: readonly string[]): [string, unknown][] {
  return files.flatMap((file) => Object.entries(mappingIn(file)));
}

function mappingIn(file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse(new TextDecoder('utf-8', { fatal: true }).decode(readInput(file)), { logLevel: 'error' });
  } catch (error) {
    const why = error instanceof ReportError ? error.detail : `is no YAML: ${(error as Error).message.split('\n')[0]}`;
    throw new UsageError(`the file ${file} ${why}`);
  }
  // An empty file gives nothing.
  if (value === null) return {};
  if (!isRecord(value)) throw new UsageError(`the file ${file} holds ${kindOf(value)}, not values by name`);
  return value;
}

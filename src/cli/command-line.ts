import { EVALUATION_MODES, type EvaluationMode } from '../results/evaluation.js';
import { readReport, readScan, type ReportCommand, type ScanCommand } from './remote-command-line.js';
import { oneOf, parsed } from './options.js';
import { type CommandName, isCommandName, UsageError } from './usage.js';

export const SUMMARY_FORMATS = ['table', 'json', 'yaml', 'markdown'] as const;
export type SummaryFormat = (typeof SUMMARY_FORMATS)[number];
export const EVALUATE_FORMATS = ['table', 'json', 'junit'] as const;
export type EvaluateFormat = (typeof EVALUATE_FORMATS)[number];

/** What a command line asks for. */
export type Command =
  | { name: 'help'; about: CommandName | null }
  | { name: 'version' }
  | { name: 'summary'; reports: string[]; format: SummaryFormat; mode: EvaluationMode }
  | { name: 'evaluate'; reports: string[]; format: EvaluateFormat; mode: EvaluationMode; threshold: ThresholdSource }
  | ScanCommand
  | ReportCommand;

export type ThresholdSource = { file: string } | { inline: string };

const COMMON = {
  format: { type: 'string', short: 'f' },
  mode: { type: 'string', short: 'm' },
  help: { type: 'boolean', short: 'h' },
} as const;
const THRESHOLD = { threshold: { type: 'string', short: 'T' }, inline: { type: 'string', short: 'I' } } as const;

/** Reads the arguments after the program's name; throws `UsageError` for anything that is not understood. */
export function readCommandLine(args: string[]): Command {
  const [name, ...rest] = args;
  if (name === undefined) throw new UsageError('which command?');
  if (name === '--version') return { name: 'version' };
  if (name === '-h' || name === '--help' || name === 'help') return helpFor(rest[0]);
  if (name === 'summary') return readSummary(rest) ?? helpFor(name);
  if (name === 'evaluate') return readEvaluate(rest) ?? helpFor(name);
  if (name === 'scan') return readScan(rest) ?? helpFor(name);
  if (name === 'report') return readReport(rest) ?? helpFor(name);
  throw new UsageError(`there is no command "${name}"`);
}

function helpFor(name: string | undefined): Command {
  return { name: 'help', about: isCommandName(name) ? name : null };
}

function readSummary(args: string[]): Command | null {
  const { values, positionals } = parsed({ args, options: COMMON, allowPositionals: true });
  if (values.help === true) return null;
  return {
    name: 'summary',
    reports: someReports(positionals),
    format: oneOf('--format', values.format ?? 'table', SUMMARY_FORMATS),
    mode: oneOf('--mode', values.mode ?? 'strict', EVALUATION_MODES),
  };
}

function readEvaluate(args: string[]): Command | null {
  const options = { ...COMMON, ...THRESHOLD } as const;
  const { values, positionals } = parsed({ args, options, allowPositionals: true });
  if (values.help === true) return null;
  return {
    name: 'evaluate',
    reports: someReports(positionals),
    format: oneOf('--format', values.format ?? 'table', EVALUATE_FORMATS),
    mode: oneOf('--mode', values.mode ?? 'strict', EVALUATION_MODES),
    threshold: thresholdSource(values.threshold, values.inline),
  };
}

function thresholdSource(file: string | undefined, inline: string | undefined): ThresholdSource {
  if (file !== undefined && inline !== undefined) throw new UsageError('give either -T or -I, not both');
  if (file !== undefined) return { file };
  if (inline !== undefined) return { inline };
  throw new UsageError('without a threshold there is no verdict: give -T FILE or -I TEXT');
}

function someReports(positionals: string[]): string[] {
  if (positionals.length === 0) throw new UsageError('which report?');
  return positionals;
}

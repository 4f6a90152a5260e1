#!/usr/bin/env node
import { type Command, readCommandLine } from './command-line.js';
import { evaluateReports, type CliVerdict } from './evaluate.command.js';
import { formatOutcome } from './outcome-format.js';
import { type EvaluatedFile, readReportFile } from './report-file.js';
import { formatSummaries, summarize } from './summary.command.js';
import { terminalText } from './text-table.js';
import { help, hint, UsageError } from './usage.js';
import { version } from './version.js';

const EXIT_CODES: Readonly<Record<CliVerdict, number>> = { passed: 0, failed: 1, error: 2 };

// Whatever goes wrong is an error and never a verdict: Node's own exit code for a crash, 1, would read as `failed`.
process.exitCode = EXIT_CODES.error;
process.on('uncaughtException', (error) => {
  process.stderr.write(`sidescan: ${error.stack ?? error.message}\n`);
  process.exit(EXIT_CODES.error);
});
// A reader such as `head` may go before the end; the verdict stands all the same.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = EXIT_CODES[await run(process.argv.slice(2))];

async function run(args: string[]): Promise<CliVerdict> {
  let command: Command;
  try {
    command = readCommandLine(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`sidescan: ${terminalText(error.message)}\n\n${hint(args[0])}`);
    return 'error';
  }
  switch (command.name) {
    case 'help':
      process.stdout.write(help(command.about));
      return 'passed';
    case 'version':
      process.stdout.write(`sidescan ${version()}\n`);
      return 'passed';
    case 'summary':
      return runSummary(command);
    case 'evaluate':
      return runEvaluate(command);
    case 'scan':
    case 'report':
      // Only these two speak to a server; the others start faster without what that takes.
      return (await import('./remote.js')).runRemote(command);
  }
}

function runSummary({ reports, format, mode }: Extract<Command, { name: 'summary' }>): CliVerdict {
  const files: EvaluatedFile[] = [];
  let verdict: CliVerdict = 'passed';
  for (const path of reports) {
    const file = readReportFile(path, mode);
    if ('error' in file) {
      warn(path, file.error.path === '$' ? file.error.detail : `${file.error.path}: ${file.error.detail}`);
      verdict = 'error';
    } else {
      for (const note of file.evaluation.notes) warn(path, note);
      files.push(file);
    }
  }
  // Counts of only some of the reports that were asked for would be taken for those of all.
  if (verdict !== 'error') process.stdout.write(formatSummaries(summarize(files, mode), format));
  return verdict;
}

function runEvaluate({ reports, threshold, format, mode }: Extract<Command, { name: 'evaluate' }>): CliVerdict {
  const outcome = evaluateReports(reports, threshold, mode);
  for (const { key, detail } of outcome.errors) warn('threshold', key === '' ? detail : `${key}: ${detail}`);
  for (const report of outcome.reports) {
    const notes = report.verdict === 'error' ? [report.error.detail] : report.notes;
    for (const note of notes) warn(report.report, note);
  }
  process.stdout.write(formatOutcome(outcome, format));
  return outcome.verdict;
}

function warn(about: string, text: string): void {
  process.stderr.write(`sidescan: ${terminalText(about)}: ${terminalText(text)}\n`);
}

import type { ScanDto } from '../scans/scan.dto.js';
import { ThresholdError } from '../thresholds/threshold.error.js';
import type { CliVerdict } from './evaluate.command.js';
import type { ReportCommand, ScanCommand } from './remote-command-line.js';
import { writeReport } from './report.command.js';
import { formatScan, scanVerdict } from './scan-format.js';
import { runScan } from './scan.command.js';
import { Refused, Unreachable } from './server-client.js';
import { terminalText } from './text-table.js';
import { UsageError } from './usage.js';

/** Runs a command that asks a server; what goes wrong is told on standard error, every fault of it. */
export async function runRemote(command: ScanCommand | ReportCommand): Promise<CliVerdict> {
  try {
    return command.name === 'scan' ? await scan(command) : await report(command);
  } catch (error) {
    for (const line of linesOf(error)) process.stderr.write(`sidescan: ${terminalText(line)}\n`);
    return 'error';
  }
}

async function scan(command: ScanCommand): Promise<CliVerdict> {
  const done = await runScan(command, process.stderr.isTTY ? showState : () => undefined, interruption());
  process.stdout.write(formatScan(done, command.format));
  if (done.failure !== null) warn(`the scan ${done.id} failed: ${done.failure.code}: ${done.failure.message}`);
  if (done.state === 'canceled') warn(`the scan ${done.id} is canceled`);
  if (command.wait && done.state === 'completed' && done.threshold === null)
    warn('no threshold was given: nothing was judged');
  return scanVerdict(done, command.wait);
}

async function report(command: ReportCommand): Promise<CliVerdict> {
  await writeReport(command);
  return 'passed';
}

function showState({ id, state }: ScanDto, seconds: number): void {
  process.stderr.write(
    terminalText(`${seconds.toFixed(1).padStart(7)} s  ${state}${state === 'queued' ? `  ${id}` : ''}`) + '\n',
  );
}

/** Fires at the first Ctrl-C (or SIGTERM); the second one ends the program as it would without this. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

function linesOf(error: unknown): readonly string[] {
  if (error instanceof Refused) return error.lines;
  if (error instanceof ThresholdError)
    return error.faults.map(({ key, detail }) => `threshold: ${key === '' ? detail : `${key}: ${detail}`}`);
  if (error instanceof Unreachable || error instanceof UsageError) return [error.message];
  // A file that cannot be written; anything else is a fault of this program, and its place helps to find it.
  const { code, message, stack } = error as NodeJS.ErrnoException;
  return code !== undefined && code.startsWith('E') ? [message] : (stack ?? String(error)).split('\n');
}

function warn(text: string): void {
  process.stderr.write(`sidescan: ${terminalText(text)}\n`);
}

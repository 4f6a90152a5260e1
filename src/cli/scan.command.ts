import { existsSync } from 'node:fs';
import { readInline } from '../thresholds/inline-threshold.js';
import { parseThreshold } from '../thresholds/parse-threshold.js';
import { isThresholdName } from '../thresholds/threshold-choice.js';
import { ThresholdError } from '../thresholds/threshold.error.js';
import type { CreateScanDto } from '../scans/create-scan.dto.js';
import type { ScanDto } from '../scans/scan.dto.js';
import { givenOf } from './given-files.js';
import type { ScanCommand } from './remote-command-line.js';
import { Refused, type ScanNow, type ServerClient, Unreachable } from './server-client.js';
import { thresholdText } from './evaluate.command.js';
import { serverClient } from './server-options.js';

/** Seconds that one question waits at the server for the scan to change. */
const WAIT_SECONDS = 30;
const ENDED: readonly string[] = ['completed', 'failed', 'canceled'];

/** Told of every state of the scan, with the seconds since it was submitted. */
export type Progress = (scan: ScanDto, seconds: number) => void;

/**
 * Submits the scan and, with `wait`, follows it to its end. When `interrupted` fires it cancels the scan, which nobody waits for any more,
 * and answers it as it is then.
 */
export async function runScan(command: ScanCommand, progress: Progress, interrupted: AbortSignal): Promise<ScanDto> {
  const body = submission(command);
  const client = serverClient(command.server);
  const scan = await client.submit(body);
  const started = Date.now();
  const told = (now: ScanDto): void => progress(now, (Date.now() - started) / 1000);
  told(scan);
  if (!command.wait && !interrupted.aborted) return scan;
  return follow(client, scan, told, interrupted);
}

async function follow(
  client: ServerClient,
  submitted: ScanDto,
  told: (scan: ScanDto) => void,
  interrupted: AbortSignal,
): Promise<ScanDto> {
  let scan = submitted;
  let etag: string | null = null;
  try {
    while (!ENDED.includes(scan.state)) {
      interrupted.throwIfAborted();
      const now: ScanNow | null = await client.scan(scan.id, etag, WAIT_SECONDS, interrupted);
      if (now === null) continue;
      if (now.scan.state !== scan.state) told(now.scan);
      ({ scan, etag } = now);
    }
    return scan;
  } catch (error) {
    if (interrupted.aborted) return canceled(client, scan.id, told);
    if (error instanceof Unreachable)
      throw new Unreachable(`${error.message}; the scan ${scan.id} goes on without you`);
    throw error;
  }
}

/** A scan that has ended meanwhile cannot be canceled any more: it is answered as it ended. */
async function canceled(client: ServerClient, id: string, told: (scan: ScanDto) => void): Promise<ScanDto> {
  const uninterrupted = new AbortController().signal;
  try {
    await client.cancel(id);
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 409) throw error;
  }
  const now = await client.scan(id, null, 0, uninterrupted);
  if (now === null) throw new Unreachable(`the server does not say what became of the scan ${id}`);
  told(now.scan);
  return now.scan;
}

/** The bounds of a file or of the command line, checked before anything is sent; or a name, which the server knows. */
function thresholdOf(threshold: NonNullable<ScanCommand['threshold']>): NonNullable<CreateScanDto['threshold']> {
  if ('name' in threshold) return { name: threshold.name };
  if ('file' in threshold) {
    const text = textOf(threshold.file);
    parseThreshold(text, 'strict', 'file');
    return text;
  }
  parseThreshold(threshold.inline, 'strict', 'inline');
  return { ...readInline(threshold.inline) };
}

/** The text of a threshold file; where there is none, the word may be the name of a threshold that the server keeps. */
function textOf(file: string): string {
  if (file === '-' || existsSync(file) || !isThresholdName(file)) return thresholdText(file);
  const detail = `there is no file ${file}; if the server keeps a threshold of that name, it is --threshold-name ${file}`;
  throw new ThresholdError([{ key: '', detail }]);
}

/** The body of the request; what is wrong with it the server says, all at once. */
function submission(command: ScanCommand): CreateScanDto {
  const { image, pullSecret, profile, threshold, labels, timeoutSeconds, securityMode, allow } = command;
  return {
    target: { image, ...(pullSecret === null ? {} : { pullSecret }) },
    profile,
    labels,
    ...givenOf(command.given),
    ...(threshold === null ? {} : { threshold: thresholdOf(threshold) }),
    ...(timeoutSeconds === null ? {} : { timeoutSeconds }),
    ...(securityMode === null ? {} : { securityMode }),
    ...(allow.length === 0 ? {} : { allowTargetCommands: allow }),
  };
}

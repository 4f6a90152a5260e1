import { move, transferableSymbol, valueSymbol } from 'piscina';
import { type ReportAnswer, type ReportTask, runReportTask } from './report-task.js';

/** What a thread of ReportThreads runs; bytes change hands instead of being copied. */
export default function runInThread(task: ReportTask): ReportAnswer {
  const answer = runReportTask(task);
  if (answer.kind !== 'exported' && answer.kind !== 'stored') return answer;
  const buffers = answer.chunks.map((chunk) => chunk.buffer);
  return move({ [transferableSymbol]: buffers, [valueSymbol]: answer }) as unknown as ReportAnswer;
}

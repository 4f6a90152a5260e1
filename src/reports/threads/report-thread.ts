import { move, transferableSymbol, valueSymbol } from 'piscina';
import { type ReportAnswer, type ReportTask, runReportTask } from './report-task.js';

/** What a thread of ReportThreads runs; bytes change hands instead of being copied. */
export default function runInThread(task: ReportTask): ReportAnswer {
  const answer = runReportTask(task);
  const buffers = buffersOf(answer);
  if (buffers.length === 0) return answer;
  return move({ [transferableSymbol]: buffers, [valueSymbol]: answer }) as unknown as ReportAnswer;
}

function buffersOf(answer: ReportAnswer): ArrayBuffer[] {
  if (answer.kind === 'exported' || answer.kind === 'stored') return answer.chunks.map((chunk) => chunk.buffer);
  return answer.kind === 'request' && answer.report !== null ? [answer.report.buffer] : [];
}

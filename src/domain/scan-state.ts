/** The states of a scan, in the order in which a good scan passes through them. */
export const SCAN_STATES = ['queued', 'starting', 'scanning', 'collecting', 'completed', 'failed', 'canceled'] as const;
export type ScanState = (typeof SCAN_STATES)[number];

/** The allowed moves. Nothing else may write `state`: see ScansRepository.move. */
export const SCAN_MOVES: Readonly<Record<ScanState, readonly ScanState[]>> = {
  queued: ['starting', 'failed', 'canceled'],
  starting: ['scanning', 'collecting', 'failed', 'canceled'],
  scanning: ['collecting', 'failed', 'canceled'],
  collecting: ['completed', 'failed', 'canceled'],
  completed: [],
  failed: [],
  canceled: [],
};

/** True if nothing can happen to a scan in this state any more (a retry is a new attempt, not a move). */
export function isTerminal(state: ScanState): boolean {
  return SCAN_MOVES[state].length === 0;
}

/** True if the table allows this move. */
export function canMove(from: ScanState, to: ScanState): boolean {
  return SCAN_MOVES[from].includes(to);
}

/** The states from which `to` can be reached: what a guarded update puts in its WHERE. */
export function statesBefore(to: ScanState): ScanState[] {
  return SCAN_STATES.filter((from) => canMove(from, to));
}

export const VERDICTS = ['passed', 'failed', 'none'] as const;
/** What a threshold says of a completed scan; `none` where the scan has no threshold or no report. */
export type Verdict = (typeof VERDICTS)[number];

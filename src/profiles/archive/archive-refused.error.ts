import type { Fault } from '../../domain/errors.js';

/** An archive that cannot be taken, with all that was found wrong with it until then. */
export class ArchiveRefused extends Error {
  constructor(readonly faults: readonly Fault[]) {
    super(faults.map(({ entry, detail }) => (entry === undefined ? detail : `${entry} ${detail}`)).join('; '));
  }
}

/** The refusal of an archive as a whole. */
export function refuse(detail: string): ArchiveRefused {
  return new ArchiveRefused([{ detail }]);
}

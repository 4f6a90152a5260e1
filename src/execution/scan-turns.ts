import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import { JobQueue } from '../ports/job-queue.js';
import { ScansRepository } from '../scans/scans.repository.js';

/**
 * Whose turn it is. Scans for which there is no room wait in Postgres, oldest first, and in no queue: there each of them would have to be asked over and
 * over, and come behind all that were submitted since.
 */
@Injectable()
export class ScanTurns {
  readonly #logger = new Logger(ScanTurns.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly scans: ScansRepository,
    private readonly queue: JobQueue,
  ) {}

  /** Gives a job to each of the oldest waiting scans for which there is room; several workers may do it at once. */
  async call(): Promise<void> {
    for (const { id, attempt } of await this.scans.nextInTurn(this.config.maxPods)) {
      await this.queue.add('scan.run', { scanId: id, attempt }); // one that is there already is not added twice
    }
  }

  /** The same, now that a place is free; if it cannot be done at this moment, the next round does it. */
  async callNext(): Promise<void> {
    await this.call().catch((error: unknown) => this.#logger.debug(`nobody was called: ${String(error)}`));
  }
}

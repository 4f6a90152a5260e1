/** Lets a few pieces of work run at a time; others wait for their turn, in order, and not more than so many. */
export class Turns {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly atOnce: number,
    private readonly waitingMax: number,
  ) {}

  /** Does the work when it is its turn and answers what it gives; null, without having begun, if too many wait already. */
  async take<T>(work: () => Promise<T>): Promise<T | null> {
    if (this.#running < this.atOnce) this.#running++;
    else if (this.#waiting.length >= this.waitingMax) return null;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place is handed on as it is, so that nobody who comes now can take it before the one who waits longest.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

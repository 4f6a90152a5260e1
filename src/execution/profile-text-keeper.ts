import { Injectable, Logger } from '@nestjs/common';
import { JobQueue } from '../ports/job-queue.js';
import { PodRuntime } from '../ports/pod-runtime.js';
import { ProfileTextsRepository } from '../profiles/profile-texts.repository.js';
import { isProfilePod } from './profile-pod.js';
import { ProfileTextRunner } from './profile-text-runner.js';

/** A reading younger than this is being queued by the API at this moment. */
const YOUNG_MS = 2_000;
/** A pod that is in no row: young ones are spared, since the rows are read before the pods. */
const UNKNOWN_MS = 60_000;
const AT_ONCE = 20;

/** Postgres is the truth: every archive that is to be read has its job, and no pod outlives its reading. */
@Injectable()
export class ProfileTextKeeper {
  readonly #logger = new Logger(ProfileTextKeeper.name);

  constructor(
    private readonly texts: ProfileTextsRepository,
    private readonly queue: JobQueue,
    private readonly runtime: PodRuntime,
    private readonly runner: ProfileTextRunner,
  ) {}

  /** Gives every unread archive its job back; several workers may do it at once. */
  async requeue(now: number = Date.now()): Promise<void> {
    const unread = (await this.texts.unread()).filter((text) => now - text.createdAt.getTime() >= YOUNG_MS);
    for (let at = 0; at < unread.length; at += AT_ONCE) {
      await Promise.all(unread.slice(at, at + AT_ONCE).map((text) => this.#requeue(text.digest, text.attempt)));
    }
  }

  /** Removes pods whose reading has ended, and frees places that pods no longer take; several workers may do it at once. */
  async reap(now: number = Date.now()): Promise<void> {
    const rows = new Map((await this.texts.podsNotGone()).map((row) => [row.podName, row]));
    const pods = (await this.runtime.list()).filter((pod) => isProfilePod(pod.labels));
    const present = new Set(pods.map((pod) => pod.name));
    for (const { podName, digest, attempt, state } of rows.values()) {
      if (state !== 'reading' && !present.has(podName)) await this.texts.podGone(digest, attempt);
    }
    for (const { name, deleting, createdAt } of pods) {
      const row = rows.get(name);
      if (deleting || row?.state === 'reading') continue;
      if (!row && now - createdAt.getTime() < UNKNOWN_MS) continue;
      this.#logger.warn(`the pod ${name} has outlived its reading: removing it`);
      if (row) await this.runner.removePod(row);
      else await this.runtime.remove(name);
    }
  }

  async #requeue(digest: string, attempt: number): Promise<void> {
    if (await this.queue.has('profile.read', { digest, attempt })) return;
    await this.queue.add('profile.read', { digest, attempt });
    this.#logger.log(`${digest} attempt ${attempt} was to be read without a job: queued again`);
  }
}

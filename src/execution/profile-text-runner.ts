import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import type { ScanFailure } from '../domain/errors.js';
import type { JobPayloads } from '../jobs/catalog.js';
import { JobQueue, type Later } from '../ports/job-queue.js';
import { PodRefused, PodRuntime } from '../ports/pod-runtime.js';
import { ProfileArchives } from '../profiles/profile-archives.js';
import { ProfileTextsRepository } from '../profiles/profile-texts.repository.js';
import { EvidenceCollector } from './evidence-collector.js';
import { withEvents } from './failure.js';
import { PodFollow } from './pod-follow.js';
import { ProfileDelivery } from './profile-delivery.js';
import { parseProfileDocument } from './profile-document.js';
import { blameOf, TRIES } from './profile-failure.js';
import { profilePod, profilePodName } from './profile-pod.js';
import { parseProfileReceipt } from './profile-receipt.js';
import { ReportCollector } from './report-collector.js';
import { failScan, Interrupted, ScanFailed, Superseded } from './scan-failed.error.js';
import { DEADLINE_SLACK_SECONDS } from './scan-pod.js';

type Reading = JobPayloads['profile.read'];

/** What is no fault of the profile is tried again after so long, as often as it takes. */
const INFRASTRUCTURE_PAUSE_MS = 30_000;
/** So long until an archive that is not there is looked for again. */
const NO_ARCHIVE_PAUSE_MS = 10_000;

/** Brings the reading of a profile's texts from wherever it stands to its end. Every step may be done again, by this worker or another. */
@Injectable()
export class ProfileTextRunner {
  readonly #logger = new Logger(ProfileTextRunner.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly texts: ProfileTextsRepository,
    private readonly archives: ProfileArchives,
    private readonly queue: JobQueue,
    private readonly runtime: PodRuntime,
    private readonly delivery: ProfileDelivery,
    private readonly follow: PodFollow,
    private readonly reports: ReportCollector,
    private readonly evidence: EvidenceCollector,
  ) {}

  /** Reads the profile; says when to come back if there is no room for its pod, if nothing could be found out, or if this worker stops. */
  async run(reading: Reading, signal: AbortSignal): Promise<void | Later> {
    const { digest, attempt } = reading;
    const { maxPods } = this.config.profileReading;
    const claim = await this.texts.claim(digest, attempt, profilePodName(digest, attempt), maxPods);
    if (claim === 'full') return { retryInMs: 500 + Math.random() * 1_000 };
    if (claim === 'lost') return this.removePod(reading);
    const bytes = await this.#archiveOf(reading);
    if (!bytes) return { retryInMs: NO_ARCHIVE_PAUSE_MS };
    let failure: ScanFailed | null = null;
    try {
      await this.#toItsEnd(reading, bytes, signal);
    } catch (error) {
      if (error instanceof Interrupted) return { retryInMs: 100 };
      if (error instanceof ScanFailed) failure = error;
      else if (!(error instanceof Superseded)) throw error;
    }
    const later = failure ? await this.#failed(reading, failure) : undefined;
    await this.removePod(reading);
    return later === 'again' ? this.#again(reading) : later;
  }

  /** Removes the pod of an attempt and notes that it is gone. One that still ends is noted by the keeper. */
  async removePod({ digest, attempt }: Reading): Promise<void> {
    const name = profilePodName(digest, attempt);
    if ((await this.runtime.remove(name)) === 'gone') await this.texts.podGone(digest, attempt);
    else this.#logger.warn(`the pod ${name} takes long to end`);
  }

  /** The story of a reading that goes well. */
  async #toItsEnd({ digest, attempt }: Reading, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const name = profilePodName(digest, attempt);
    await this.#launch({ digest, attempt }, bytes);
    const { seconds } = this.config.profileReading;
    const withinMs = (seconds + 2 * DEADLINE_SLACK_SECONDS) * 1_000;
    const overdue = `The profile was not read within ${seconds} s`;
    const { message } = await this.follow.receiptOf({ name, withinMs, overdue }, signal);
    const receipt = parseProfileReceipt(message, { digest, attempt });
    if (typeof receipt === 'string')
      throw failScan('SCANNER_FAILED', `The scanner's receipt is not believed: ${receipt}`, message);
    if (receipt.error) throw new ScanFailed(receipt.error, receipt);
    const report = await this.reports.fetch(name, receipt);
    const document = parseProfileDocument(report.bytes);
    if (typeof document === 'string')
      throw failScan('REPORT_INVALID', `The texts cannot be read: ${document}`, receipt);
    const { controls, errors, warnings } = document;
    const written =
      errors.length > 0
        ? await this.texts.refuse(digest, attempt, [...errors, ...warnings], controls)
        : await this.texts.complete(digest, attempt, controls, warnings);
    if (!written) throw new Superseded();
    this.#logger.log(
      `${digest} attempt ${attempt} read: ${controls.length} controls, ${errors.length} errors, ${warnings.length} warnings`,
    );
  }

  /** Creates the pod, or adopts the one that is there. */
  async #launch({ digest, attempt }: Reading, bytes: Uint8Array): Promise<void> {
    const { namespace, scannerImage, scanner: resources, limits, profileReading } = this.config;
    try {
      const profile = await this.delivery.provide({ digest, bytes });
      const { seconds } = profileReading;
      const manifest = profilePod({ attempt, profile, seconds, namespace, scannerImage, resources, limits });
      const created = await this.runtime.create(manifest);
      this.#logger.log(`${digest} attempt ${attempt}: pod ${manifest.metadata.name} ${created}`);
    } catch (error) {
      if (error instanceof PodRefused) throw failScan('POD_REFUSED', error.message);
      throw error;
    }
  }

  /** Ends the reading if the profile is to blame, and says how it goes on otherwise. What the engine knows goes into the log. */
  async #failed({ digest, attempt }: Reading, { failure, receipt }: ScanFailed): Promise<Later | 'again' | undefined> {
    const { evidence, events } = await this.evidence.collect(profilePodName(digest, attempt), receipt);
    const final = withEvents(failure, events);
    this.#logger.warn(`${digest} attempt ${attempt} was not read: ${final.code}: ${final.message}`);
    this.#logger.warn(`evidence of ${digest} attempt ${attempt}: ${JSON.stringify(evidence)}`);
    const blame = blameOf(final, receipt);
    if (blame === 'infrastructure') return { retryInMs: INFRASTRUCTURE_PAUSE_MS };
    if (blame === 'doubtful' && attempt < TRIES) return 'again';
    await this.texts.refuse(digest, attempt, [this.#words(final, blame === 'doubtful')]);
    return undefined;
  }

  #words({ code, message }: ScanFailure, doubtful: boolean): string {
    return doubtful ? `The profile could not be read in ${TRIES} attempts; the last one: ${code}: ${message}` : message;
  }

  async #again({ digest, attempt }: Reading): Promise<void> {
    const next = await this.texts.again(digest, attempt);
    if (next !== null) await this.queue.add('profile.read', { digest, attempt: next });
  }

  /** Null for a built-in archive of another version, whose workers have it. Without an archive the place under the cap is for others. */
  async #archiveOf(reading: Reading): Promise<Buffer | null> {
    const bytes = await this.archives.bytesOf(reading.digest).catch(async (error: unknown) => {
      await this.removePod(reading);
      throw error;
    });
    if (!bytes) await this.removePod(reading);
    return bytes;
  }
}

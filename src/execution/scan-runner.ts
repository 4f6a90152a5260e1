import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import { isTerminal } from '../domain/scan-state.js';
import type { JobPayloads } from '../jobs/catalog.js';
import type { Later } from '../ports/job-queue.js';
import { PodRefused, PodRuntime, type PodObservation } from '../ports/pod-runtime.js';
import { ProfileTextsRepository } from '../profiles/profile-texts.repository.js';
import { ScansRepository } from '../scans/scans.repository.js';
import type { Scan } from '../scans/scan.js';
import { EvidenceCollector } from './evidence-collector.js';
import { causeInTarget, podLost, withEvents } from './failure.js';
import { PodFollow } from './pod-follow.js';
import { ProfileDelivery } from './profile-delivery.js';
import type { DeliveredProfile } from './profile-volume.js';
import { disbelief, failureOfReceipt, parseReceipt, type Receipt } from './receipt.js';
import { ReportCollector } from './report-collector.js';
import { ReportVerdicts } from './report-verdict.js';
import { ScanCleaner } from './scan-cleaner.js';
import { failScan, Interrupted, ScanFailed, Superseded } from './scan-failed.error.js';
import { ScanInputs, type DeliveredInputs } from './scan-inputs.js';
import { scanPod, scanPodName } from './scan-pod.js';

/** A held target ends by itself after the scanner; so long its pod is left to end before it is removed. */
const HELD_TARGET_ENDS_MS = 3_000;

/** Brings one attempt of a scan from wherever it stands to its end. Every step may be done again, by this worker or another. */
@Injectable()
export class ScanRunner {
  readonly #logger = new Logger(ScanRunner.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly scans: ScansRepository,
    private readonly runtime: PodRuntime,
    private readonly profiles: ProfileDelivery,
    private readonly inputs: ScanInputs,
    private readonly follow: PodFollow,
    private readonly reports: ReportCollector,
    private readonly verdicts: ReportVerdicts,
    private readonly evidence: EvidenceCollector,
    private readonly cleaner: ScanCleaner,
    private readonly texts: ProfileTextsRepository,
  ) {}

  /** Runs the attempt to its end; says when to come back if there is no room for its pod, or if this worker stops. */
  async run({ scanId, attempt }: JobPayloads['scan.run'], signal: AbortSignal): Promise<void | Later> {
    const claim = await this.scans.claim(scanId, attempt, scanPodName(scanId, attempt), this.config.maxPods);
    if (claim === 'full') return { retryInMs: 300 + Math.random() * 700 };
    const scan = await this.scans.find(scanId);
    if (claim === 'lost' || !scan) return this.#removeLeftPod(scanId, attempt, scan);
    try {
      await this.#toItsEnd(scan, signal);
    } catch (error) {
      if (error instanceof Interrupted) return { retryInMs: 100 };
      if (error instanceof ScanFailed) await this.#fail(scan, error);
      else if (!(error instanceof Superseded)) throw error;
    }
    await this.cleaner.removePod(scanId, attempt);
  }

  /** The story of a scan that goes well. */
  async #toItsEnd(scan: Scan, signal: AbortSignal): Promise<void> {
    const profile = await this.profiles.deliver(scan);
    const inputs = await this.inputs.of(scan);
    await this.#launch(scan, profile, inputs);
    const { pod, message } = await this.follow.untilReceipt(scan, signal);
    if (!(await this.scans.move(scan.id, scan.attempt, 'collecting'))) throw new Superseded();
    const receipt = this.#believed(scan, profile, inputs, pod, message);
    const report = await this.reports.fetch(pod.name, receipt);
    const stored = await this.reports.keep(report, { projectId: scan.projectId, profileDigest: profile.digest });
    const texts = await this.texts.textsOf(profile.digest, Object.keys(scan.waivers));
    const judged = await this.verdicts.of(report.bytes, scan.threshold, texts, signal);
    const { coverage } = receipt;
    const { name = '', version = '' } = receipt.profile ?? {};
    const outcome = { ...judged, report: stored, coverage, profile: { name, version, digest: profile.digest } };
    if (!(await this.scans.complete(scan.id, scan.attempt, outcome))) throw new Superseded();
    this.#logger.log(
      `${scan.id} attempt ${scan.attempt} completed: ${judged.verdict}, ${judged.controls.length} controls`,
    );
    if (!scan.target.run) await this.follow.untilEnded(pod.name, HELD_TARGET_ENDS_MS, signal);
  }

  /** Creates the pod, or adopts the one that is there. A scan that has come further than its start has had its pod: it is not made twice. */
  async #launch(scan: Scan, profile: DeliveredProfile, inputs: DeliveredInputs | null): Promise<void> {
    const name = scanPodName(scan.id, scan.attempt);
    if (scan.state !== 'starting') {
      if (!(await this.runtime.get(name))) throw new ScanFailed(podLost(name));
      return;
    }
    const { namespace, scannerImage, scanner: resources, limits } = this.config;
    const inputsDigest = inputs?.digest ?? null;
    const manifest = scanPod({ scan, profile, inputsDigest, namespace, scannerImage, resources, limits });
    try {
      const created = await this.runtime.create(manifest, inputs?.files);
      this.#logger.log(`${scan.id} attempt ${scan.attempt}: pod ${name} ${created}`);
    } catch (error) {
      if (error instanceof PodRefused) throw failScan('POD_REFUSED', error.message);
      throw error;
    }
    // A cancel may have come, and its clean-up gone, before the pod was there.
    const now = await this.scans.find(scan.id);
    if (!now || now.attempt !== scan.attempt || isTerminal(now.state)) throw new Superseded();
  }

  #believed(
    scan: Scan,
    profile: DeliveredProfile,
    inputs: DeliveredInputs | null,
    pod: PodObservation,
    message: string,
  ): Receipt {
    const receipt = parseReceipt(message);
    if (typeof receipt === 'string')
      throw failScan('SCANNER_FAILED', `The scanner's receipt cannot be read: ${receipt}`, message);
    const asked = {
      scan: scan.id,
      attempt: scan.attempt,
      digest: profile.digest,
      inputs: inputs?.digest ?? null,
      proof: scan.target.run ? ('process' as const) : ('hold' as const),
    };
    const doubt = disbelief(receipt, asked, pod);
    if (doubt) throw new ScanFailed(doubt, receipt);
    if (!receipt.ok) throw new ScanFailed(causeInTarget(failureOfReceipt(receipt), pod), receipt);
    return receipt;
  }

  /** Ends the scan as failed, with what the engine still knows of its pod. */
  async #fail(scan: Scan, { failure, receipt }: ScanFailed): Promise<void> {
    const { evidence, events } = await this.evidence.collect(scanPodName(scan.id, scan.attempt), receipt);
    const final = withEvents(failure, events);
    const written = await this.scans.fail(scan.id, scan.attempt, final, evidence);
    if (written) this.#logger.warn(`${scan.id} attempt ${scan.attempt} failed: ${final.code}: ${final.message}`);
  }

  /** The scan has ended while nobody ran it, or this job is of an attempt that is past: only the pod may be left. */
  async #removeLeftPod(scanId: string, attempt: number, scan: Scan | null): Promise<void> {
    if (scan && scan.attempt === attempt && !isTerminal(scan.state)) return;
    await this.cleaner.clean({ scanId, attempt });
  }
}

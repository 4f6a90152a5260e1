import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import type { PodManifest } from '../domain/pod-manifest.js';
import { isTerminal } from '../domain/scan-state.js';
import type { JobPayloads } from '../jobs/catalog.js';
import type { Later } from '../ports/job-queue.js';
import { NoRoom, PodRefused, PodRuntime, type PodObservation } from '../ports/pod-runtime.js';
import { ProfileTextsRepository } from '../profiles/profile-texts.repository.js';
import { ScansRepository } from '../scans/scans.repository.js';
import type { Scan } from '../scans/scan.js';
import { EvidenceCollector } from './evidence-collector.js';
import { causeInTarget, withEvents } from './failure.js';
import { lost, PodFollow } from './pod-follow.js';
import { ProfileDelivery } from './profile-delivery.js';
import type { DeliveredProfile } from './profile-volume.js';
import { disbelief, failureOfReceipt, parseReceipt, type Receipt } from './receipt.js';
import { ReportCollector } from './report-collector.js';
import { ReportVerdicts } from './report-verdict.js';
import { ScanAttempts } from './scan-attempts.js';
import { ScanCleaner } from './scan-cleaner.js';
import { failScan, Interrupted, ScanFailed, Superseded } from './scan-failed.error.js';
import { ScanInputs, type DeliveredInputs } from './scan-inputs.js';
import { scanPod, scanPodName } from './scan-pod.js';
import { ScanTurns } from './scan-turns.js';

/** A held target ends by itself after the scanner; so long its pod is left to end before it is removed. */
const HELD_TARGET_ENDS_MS = 3_000;

/** So long until a namespace whose quota is used up is asked again. */
const NO_ROOM_PAUSE_MS = 2_000;

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
    private readonly attempts: ScanAttempts,
    private readonly turns: ScanTurns,
  ) {}

  /** Runs the attempt to its end, unless there is no room for its pod: then it is called again when there is. Says when to come back if this worker stops. */
  async run({ scanId, attempt }: JobPayloads['scan.run'], signal: AbortSignal): Promise<void | Later> {
    const claim = await this.scans.claim(scanId, attempt, scanPodName(scanId, attempt), this.config.maxPods);
    if (claim === 'full') return;
    const scan = await this.scans.find(scanId);
    if (claim === 'lost' || !scan) return this.#removeLeftPod(scanId, attempt, scan);
    try {
      await this.#toItsEnd(scan, signal);
    } catch (error) {
      if (error instanceof Interrupted) return { retryInMs: 100 };
      await this.#end(scan, error);
    }
    await this.cleaner.removePod(scanId, attempt);
    await this.turns.callNext();
  }

  /** The story of a scan that goes well. */
  async #toItsEnd(scan: Scan, signal: AbortSignal): Promise<void> {
    const profile = await this.profiles.deliver(scan);
    const inputs = await this.inputs.of(scan);
    await this.#launch(scan, profile, inputs, signal);
    const { pod, message } = await this.follow.untilReceipt(scan, signal);
    if (!(await this.scans.move(scan.id, scan.attempt, 'collecting'))) throw new Superseded();
    const receipt = this.#believed(scan, profile, inputs, pod, message);
    const report = await this.reports.fetch(pod.name, receipt);
    const owner = { projectId: scan.projectId, profileDigest: profile.digest };
    const stored = await this.reports.keep(report, owner, await this.scans.leftMs(scan.id), signal);
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
  async #launch(
    scan: Scan,
    profile: DeliveredProfile,
    inputs: DeliveredInputs | null,
    signal: AbortSignal,
  ): Promise<void> {
    const name = scanPodName(scan.id, scan.attempt);
    if (scan.state !== 'starting') {
      if (!(await this.runtime.get(name))) throw lost(name);
      return;
    }
    const { namespace, scannerImage, scanner: resources, limits } = this.config;
    const inputsDigest = inputs?.digest ?? null;
    const manifest = scanPod({ scan, profile, inputsDigest, namespace, scannerImage, resources, limits });
    const created = await this.#create(scan, manifest, inputs, signal);
    this.#logger.log(`${scan.id} attempt ${scan.attempt}: pod ${name} ${created}`);
    // A cancel may have come, and its clean-up gone, before the pod was there.
    const now = await this.scans.find(scan.id);
    if (!now || now.attempt !== scan.attempt || isTerminal(now.state)) throw new Superseded();
  }

  /** Waits for a namespace without room as for a cluster without room. */
  async #create(
    scan: Scan,
    manifest: PodManifest,
    inputs: DeliveredInputs | null,
    signal: AbortSignal,
  ): Promise<'created' | 'exists'> {
    const patienceMs = this.config.patience.unschedulableSeconds * 1_000;
    const until = performance.now() + Math.min(patienceMs, await this.scans.leftMs(scan.id));
    for (;;) {
      try {
        return await this.runtime.create(manifest, inputs?.files);
      } catch (error) {
        if (error instanceof PodRefused) throw failScan('POD_REFUSED', error.message);
        if (!(error instanceof NoRoom)) throw error;
        if (performance.now() >= until) throw failScan('UNSCHEDULABLE', error.message);
      }
      await sleep(NO_ROOM_PAUSE_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) throw new Interrupted();
    }
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

  /** Ends the scan by what went wrong, or begins its next attempt. What is wrong outside of it is thrown on while there is time to try again. */
  async #end(scan: Scan, error: unknown): Promise<void> {
    if (error instanceof Superseded) return;
    if (error instanceof ScanFailed) {
      if (!(await this.attempts.again(scan, error))) await this.#fail(scan, error);
      return;
    }
    if ((await this.scans.leftMs(scan.id).catch(() => Infinity)) > 0) throw error;
    const met = error instanceof Error ? error.message : String(error);
    const words = `The scan did not end within ${scan.timeoutSeconds} s; what kept it at last: ${met}`;
    await this.#fail(scan, failScan('TIMEOUT', words));
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

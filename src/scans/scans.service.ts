import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Caller } from '../auth/scopes.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import { RequestError } from '../domain/errors.js';
import { isId, newId } from '../domain/ids.js';
import { normalizeImage } from '../domain/image-reference.js';
import { isTerminal } from '../domain/scan-state.js';
import type { Checked } from '../edge/check.js';
import { invalid } from '../edge/check.pipe.js';
import { afterTime, pageByTime, type Page } from '../edge/page.js';
import { ChangeNotifications } from '../platform/database/notifications.js';
import { JobQueue } from '../ports/job-queue.js';
import type { StoredProfile } from '../profiles/profiles.repository.js';
import { ProfilesService } from '../profiles/profiles.service.js';
import { ThresholdChoiceService, type ChosenThreshold } from '../thresholds/threshold-choice.service.js';
import type { CreateScanDto } from './create-scan.dto.js';
import { GivenService, type GivenChoice } from './given.service.js';
import { ScanHistoryRepository, type NewScan, type ScanFilter } from './scan-history.repository.js';
import { submissionFaults } from './scan-submission.js';
import type { Evidence, Scan, ScanProfile } from './scan.js';

/** Scans as callers use them: submit, follow, list, cancel. */
@Injectable()
export class ScansService {
  private readonly logger = new Logger(ScansService.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly scans: ScanHistoryRepository,
    private readonly profiles: ProfilesService,
    private readonly thresholds: ThresholdChoiceService,
    private readonly given: GivenService,
    private readonly queue: JobQueue,
    private readonly notifications: ChangeNotifications,
  ) {}

  /** Stores the scan and queues it; throws INVALID with every fault of the body. */
  async submit(caller: Caller, body: Checked<CreateScanDto>): Promise<Scan> {
    const unknownProfile = await this.profiles.choiceFaults(caller.projectId, body.value.profile);
    const profile = await this.profiles.chosen(caller.projectId, body.value.profile);
    const threshold = await this.thresholds.choose(caller.projectId, body.value.threshold);
    const given = await this.given.choose(caller.projectId, body);
    const faults = [
      ...body.faults,
      ...submissionFaults(body, this.config.limits),
      ...given.faults,
      ...threshold.faults,
      ...unknownProfile,
    ];
    if (faults.length > 0) throw invalid(faults);
    const scan = await this.scans.create(newScan(caller.projectId, body.value, profile, given, threshold, this.config));
    await this.enqueue('scan.run', scan);
    return scan;
  }

  /** The scan; throws NOT_FOUND for one that does not exist or is another project's. */
  async get(caller: Caller, id: string): Promise<Scan> {
    const scan = isId('scan', id) ? await this.scans.find(caller.projectId, id) : null;
    if (scan === null) throw new RequestError('NOT_FOUND', `there is no scan ${id}`);
    return scan;
  }

  /** The scan as soon as it has ended or `enough` says so, or as it is after `seconds` or when the caller has gone. */
  async wait(
    caller: Caller,
    id: string,
    seconds: number,
    enough: (scan: Scan) => boolean,
    gone: AbortSignal,
  ): Promise<Scan> {
    const ended = (scan: Scan): boolean => isTerminal(scan.state) || enough(scan);
    return this.notifications.until(id, seconds, gone, () => this.get(caller, id), ended);
  }

  async list(caller: Caller, filter: ScanFilter, limit: number, cursor: string | undefined): Promise<Page<Scan>> {
    return pageByTime(await this.scans.page(caller.projectId, filter, limit + 1, afterTime(cursor)), limit);
  }

  /** Cancels the scan in whatever state it is; throws CONFLICT if it is completed or failed. A second cancel is the same answer. */
  async cancel(caller: Caller, id: string): Promise<Scan> {
    const before = await this.get(caller, id);
    const done = await this.scans.cancel(caller.projectId, id);
    const scan = await this.get(caller, id);
    if (scan.state !== 'canceled') {
      throw new RequestError('CONFLICT', `the scan is ${scan.state}: only a scan that has not ended can be canceled`);
    }
    if (done) await this.leaveQueue({ id, attempt: before.attempt, podName: scan.podName });
    return scan;
  }

  /** Why the scan failed, as the engine told it; throws NOT_FOUND if nothing was kept. */
  async evidence(caller: Caller, id: string): Promise<Evidence> {
    const evidence = isId('scan', id) ? await this.scans.evidence(caller.projectId, id) : undefined;
    if (evidence === undefined) throw new RequestError('NOT_FOUND', `there is no scan ${id}`);
    if (evidence === null) throw new RequestError('NOT_FOUND', `nothing was kept of a pod of the scan ${id}`);
    return evidence;
  }

  /** Queues a job; a queue that is down loses nothing, because the reconciler re-queues from Postgres. */
  private async enqueue(name: 'scan.run' | 'scan.clean', scan: { id: string; attempt: number }): Promise<void> {
    try {
      await this.queue.add(name, { scanId: scan.id, attempt: scan.attempt });
    } catch (error) {
      this.logger.warn(`${name} of ${scan.id} could not be queued, the reconciler will do it: ${String(error)}`);
    }
  }

  private async leaveQueue(scan: { id: string; attempt: number; podName: string | null }): Promise<void> {
    try {
      await this.queue.remove('scan.run', { scanId: scan.id, attempt: scan.attempt });
    } catch (error) {
      this.logger.warn(`scan.run of ${scan.id} stays queued and will find the scan canceled: ${String(error)}`);
    }
    if (scan.podName !== null) await this.enqueue('scan.clean', scan);
  }
}

function newScan(
  projectId: string,
  body: CreateScanDto,
  chosen: StoredProfile | null,
  given: GivenChoice,
  threshold: ChosenThreshold,
  config: Config,
): NewScan {
  const { target, profile } = body;
  const id = newId('scan');
  return {
    id,
    projectId,
    identity: `image:${normalizeImage(target.image)}`,
    target: {
      kind: 'image',
      image: target.image,
      pullSecret: target.pullSecret ?? null,
      run: target.run ?? false,
      command: target.command ?? null,
      args: target.args ?? null,
    },
    profile: profileOf(profile, chosen),
    ...given.store({ id, projectId }),
    threshold: threshold.definition,
    thresholdName: threshold.name,
    labels: body.labels ?? {},
    timeoutSeconds: body.timeoutSeconds ?? config.limits.timeoutSecondsDefault,
    securityMode: body.securityMode ?? 'general',
    allowTargetCommands: body.allowTargetCommands ?? [],
  };
}

/**
 * An uploaded profile is fixed now, so that the scan runs what was there when it was submitted, and the profile cannot be deleted before. A
 * built-in one stays as it was asked for: a later version of the service, which may run the scan, has another archive by that name.
 */
function profileOf(asked: CreateScanDto['profile'], chosen: StoredProfile | null): ScanProfile {
  if (chosen !== null && !chosen.builtIn) {
    const { name, version, digest } = chosen;
    return { name, version, configMap: null, digest };
  }
  return {
    name: asked.name ?? null,
    version: asked.version ?? null,
    configMap: asked.configMap ?? null,
    digest: asked.digest ?? null,
  };
}

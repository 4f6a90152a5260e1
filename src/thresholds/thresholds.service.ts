import { Injectable } from '@nestjs/common';
import type { Caller } from '../auth/scopes.js';
import { RequestError, type Fault } from '../domain/errors.js';
import type { Checked } from '../edge/check.js';
import { invalid } from '../edge/check.pipe.js';
import { decodeCursor, encodeCursor, type Page } from '../edge/page.js';
import type { CreateThresholdDto, NamedThresholdDto, ReplaceThresholdDto } from './named-threshold.dto.js';
import { isThresholdName, THRESHOLD_NAME_RULE, thresholdChoice } from './threshold-choice.js';
import { ThresholdChoiceService } from './threshold-choice.service.js';
import { ThresholdsRepository, type NamedThreshold } from './thresholds.repository.js';

/** How often a replacement is tried against others that create and delete the same name. */
const TRIES = 5;

/** The named thresholds of the caller's project. A scan keeps a copy of what it was submitted with: nothing here changes history. */
@Injectable()
export class ThresholdsService {
  constructor(
    private readonly thresholds: ThresholdsRepository,
    private readonly choices: ThresholdChoiceService,
  ) {}

  /** Throws INVALID with every fault, and CONFLICT if the name is taken. */
  async create(caller: Caller, body: Checked<CreateThresholdDto>): Promise<NamedThresholdDto> {
    const { name, threshold } = await this.checked(body);
    const made = await this.thresholds.create(caller.projectId, name, threshold);
    if (made === null) throw new RequestError('CONFLICT', `there is a threshold ${name} already; PUT replaces it`);
    return view(made);
  }

  /** Creates or replaces; `created` tells which. */
  async put(
    caller: Caller,
    name: string,
    body: Checked<ReplaceThresholdDto>,
  ): Promise<{ created: boolean; threshold: NamedThresholdDto }> {
    const wrongName = isThresholdName(name) ? [] : [{ parameter: 'name', detail: THRESHOLD_NAME_RULE }];
    const { threshold } = await this.checked(body, wrongName);
    for (let tries = 0; tries < TRIES; tries++) {
      const replaced = await this.thresholds.replace(caller.projectId, name, threshold);
      if (replaced !== null) return { created: false, threshold: view(replaced) };
      const made = await this.thresholds.create(caller.projectId, name, threshold);
      if (made !== null) return { created: true, threshold: view(made) };
    }
    throw new RequestError('CONFLICT', `the threshold ${name} is being created and deleted by others`);
  }

  async list(caller: Caller, limit: number, cursor: string | undefined): Promise<Page<NamedThresholdDto>> {
    const [after] = cursor === undefined ? [] : decodeCursor(cursor, ['string']);
    const found = await this.thresholds.page(caller.projectId, limit + 1, after === undefined ? null : String(after));
    const items = found.slice(0, limit).map(view);
    const last = items.at(-1);
    return { items, next: found.length > limit && last ? encodeCursor([last.name]) : null };
  }

  async get(caller: Caller, name: string): Promise<NamedThresholdDto> {
    const found = isThresholdName(name) ? await this.thresholds.find(caller.projectId, name) : null;
    if (found === null) throw new RequestError('NOT_FOUND', `there is no threshold ${name}`);
    return view(found);
  }

  async remove(caller: Caller, name: string): Promise<void> {
    const done = isThresholdName(name) && (await this.thresholds.remove(caller.projectId, name));
    if (!done) throw new RequestError('NOT_FOUND', `there is no threshold ${name}`);
  }

  /** The body if nothing is wrong with it; its bounds have to be bounds, not the name of other ones. */
  private async checked<T extends ReplaceThresholdDto>(body: Checked<T>, more: Fault[] = []): Promise<T> {
    const { threshold } = body.value;
    const faults = [...more, ...body.faults];
    const choice = thresholdChoice(threshold);
    if (choice.kind === 'named') faults.push({ pointer: '/threshold', detail: 'must be bounds, not a name' });
    if (choice.kind === 'wrong') faults.push(...choice.faults);
    if (choice.kind === 'own') faults.push(...(await this.choices.faultsOf(choice.definition)));
    if (faults.length > 0) throw invalid(faults);
    return body.value;
  }
}

function view({ name, definition, createdAt, updatedAt }: NamedThreshold): NamedThresholdDto {
  return { name, threshold: definition, createdAt, updatedAt };
}

import { Injectable } from '@nestjs/common';
import { RequestError, type Fault } from '../domain/errors.js';
import { ReportTimeoutError } from '../reports/threads/report-threads.js';
import { ReportWork } from '../reports/threads/report-work.js';
import { parseThreshold } from './parse-threshold.js';
import { thresholdChoice } from './threshold-choice.js';
import { ThresholdError } from './threshold.error.js';
import { thresholdFaults } from './threshold-pointer.js';
import { ThresholdsRepository } from './thresholds.repository.js';

/** A report that can be read: what is wrong when it is judged is the threshold. */
export const READABLE = '{"profiles":[]}';

/** The threshold that a request means: `definition` is null without one, `name` is set if it is stored under one. */
export interface ChosenThreshold {
  definition: unknown;
  name: string | null;
  faults: Fault[];
}

/** Finds and checks the threshold that a request names or brings along. */
@Injectable()
export class ThresholdChoiceService {
  constructor(
    private readonly thresholds: ThresholdsRepository,
    private readonly work: ReportWork,
  ) {}

  /** The definition that is meant, as it is stored now or as it was given, unchecked; a name that the project does not have is a fault. */
  async find(projectId: string, given: unknown): Promise<ChosenThreshold> {
    const choice = thresholdChoice(given);
    const nothing = { definition: null, name: null, faults: [] };
    if (choice.kind === 'none') return nothing;
    if (choice.kind === 'wrong') return { ...nothing, faults: choice.faults };
    if (choice.kind === 'own') return { ...nothing, definition: choice.definition };
    const { name } = choice;
    const found = await this.thresholds.find(projectId, name);
    if (found !== null) return { definition: found.definition, name, faults: [] };
    const pointer = typeof given === 'string' ? '/threshold' : '/threshold/name';
    return { ...nothing, faults: [{ pointer, detail: `is no threshold of this project: ${name}` }] };
  }

  /** The same, checked: with every key and bound that is wrong. */
  async choose(projectId: string, given: unknown): Promise<ChosenThreshold> {
    const found = await this.find(projectId, given);
    // What is stored was checked when it was stored.
    if (found.faults.length > 0 || found.name !== null || found.definition === null) return found;
    return { ...found, faults: await this.faultsOf(found.definition) };
  }

  /** What is wrong with bounds. Text is read in a thread: YAML can take long to read, and the event loop is everybody's. */
  async faultsOf(definition: unknown): Promise<Fault[]> {
    try {
      if (typeof definition === 'string') await this.work.judge(READABLE, 'strict', definition);
      else parseThreshold(definition, 'strict');
      return [];
    } catch (error) {
      if (error instanceof ThresholdError) return thresholdFaults(definition, error);
      if (error instanceof ReportTimeoutError)
        throw new RequestError('UNAVAILABLE', 'too many reports and thresholds are being read just now');
      throw error;
    }
  }
}

import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import type { Fault } from '../domain/errors.js';
import type { Checked } from '../edge/check.js';
import { ProfileTextsRepository } from '../profiles/profile-texts.repository.js';
import { ProfilesService } from '../profiles/profiles.service.js';
import type { CreateScanDto } from './create-scan.dto.js';
import { bySensitivity, givenFaults, waiversOf, type Given, type ProfileKnowledge } from './given.js';
import { inputsFaults, sensitiveInputsFaults, waiversFaults } from './given-rules.js';
import type { NewScan } from './scan-history.repository.js';
import { sealInputs, type SealedFor } from './sealed-inputs.js';

/** Inputs and waivers of a submission, and what is wrong with them. */
export interface GivenChoice {
  faults: Fault[];
  /** As they are stored with the scan; only to be called without faults. */
  store: (scan: SealedFor) => Pick<NewScan, 'inputs' | 'sensitiveInputs' | 'sealedInputs' | 'waivers'>;
}

/** What a caller gives for the profile of a scan: held against what is known of that profile, and made ready to be stored. */
@Injectable()
export class GivenService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly profiles: ProfilesService,
    private readonly texts: ProfileTextsRepository,
  ) {}

  async choose(projectId: string, { value: body }: Checked<CreateScanDto>): Promise<GivenChoice> {
    const given = wellFormed(body);
    const maps = [given.inputs, given.sensitiveInputs, given.waivers];
    const nothing = maps.every((map) => Object.keys(map).length === 0);
    const knowledge = nothing ? UNKNOWN : await this.knowledge(projectId, body.profile, Object.keys(given.waivers));
    const { encryptionKey, limits } = this.config;
    const faults = givenFaults(given, knowledge, {
      encrypts: encryptionKey !== null,
      bytesMax: limits.inputBytes,
    });
    const { plain, sensitive } = bySensitivity(given, knowledge.inputs);
    const names = Object.keys(sensitive).sort();
    return {
      faults,
      store: (scan) => ({
        inputs: plain,
        sensitiveInputs: names,
        sealedInputs: names.length > 0 && encryptionKey !== null ? sealInputs(sensitive, encryptionKey, scan) : null,
        waivers: waiversOf(given.waivers),
      }),
    };
  }

  private async knowledge(projectId: string, choice: unknown, waived: readonly string[]): Promise<ProfileKnowledge> {
    const profile = await this.profiles.chosen(projectId, choice);
    if (profile === null) return UNKNOWN;
    const controls = waived.length > 0 ? await this.texts.controlsAmong(profile.digest, waived) : null;
    return { inputs: profile.inputs, controls };
  }
}

const UNKNOWN: ProfileKnowledge = { inputs: [], controls: null };

/** The fields that have their form; a field that has not is told by its own rule, and taken as if it were empty. */
function wellFormed({ inputs, sensitiveInputs, waivers }: CreateScanDto): Given {
  const or = (value: unknown, faults: (value: unknown) => Fault[]) =>
    isRecord(value) && faults(value).length === 0 ? value : {};
  return {
    inputs: or(inputs, inputsFaults),
    sensitiveInputs: or(sensitiveInputs, sensitiveInputsFaults),
    waivers: or(waivers, waiversFaults),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import { ScansRepository } from '../scans/scans.repository.js';
import { openInputs, SealError, type SensitiveInputs } from '../scans/sealed-inputs.js';
import type { Scan, Waiver } from '../scans/scan.js';
import { failScan } from './scan-failed.error.js';

/** Inputs and waivers as the scanner reads them (docs/scan-pod.md): its files by name, and their digest. */
export interface DeliveredInputs {
  digest: string;
  files: Readonly<Record<string, Uint8Array>>;
}

/** What a scan hands to its profile. */
@Injectable()
export class ScanInputs {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly scans: ScansRepository,
  ) {}

  /** The files for the pod, the same at every call; null if nothing was given. Throws ScanFailed INPUTS_UNREADABLE. */
  async of(scan: Scan): Promise<DeliveredInputs | null> {
    const given = [scan.inputs, scan.waivers].some((map) => Object.keys(map).length > 0);
    if (!given && scan.sensitiveInputs.length === 0) return null;
    const sensitive = scan.sensitiveInputs.length > 0 ? await this.sensitiveOf(scan) : null;
    return deliveredInputs(scan, sensitive);
  }

  private async sensitiveOf(scan: Scan): Promise<SensitiveInputs> {
    try {
      const sealed = await this.scans.sealedInputs(scan.id, scan.attempt);
      if (sealed === null) throw new SealError('they are no longer stored');
      return openInputs(sealed, this.config.encryptionKey, scan);
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      throw failScan(
        'INPUTS_UNREADABLE',
        `The sensitive inputs of the scan cannot be read: ${error.message}. Submit it again`,
      );
    }
  }
}

/** The files for the scanner and their digest: SHA-256 over the lines that `sha256sum` writes of them, sorted by name. */
export function deliveredInputs(
  { inputs, waivers }: Pick<Scan, 'inputs' | 'waivers'>,
  sensitive: SensitiveInputs | null,
): DeliveredInputs {
  const auditors = Object.fromEntries(Object.entries(waivers).map(([id, waiver]) => [id, asAuditorReadsIt(waiver)]));
  const texts: Record<string, string> = {
    'inputs.json': JSON.stringify(inputs),
    'waivers.json': JSON.stringify(auditors),
  };
  if (sensitive) Object.assign(texts, { 'sensitive.json': JSON.stringify(sensitive.inputs), nonce: sensitive.nonce });
  const names = Object.keys(texts).sort();
  const files = Object.fromEntries(names.map((name) => [name, Buffer.from(texts[name] ?? '', 'utf8')]));
  const lines = names.map((name) => `${sha256(files[name] ?? '')}  ${name}\n`);
  return { digest: `sha256:${sha256(lines.join(''))}`, files };
}

/** In the terms of a waiver file. `run` left out is left out there too: the control runs, and carries the waiver. */
function asAuditorReadsIt({ justification, expirationDate, run }: Waiver): Record<string, unknown> {
  return {
    justification,
    ...(expirationDate === undefined ? {} : { expiration_date: expirationDate }),
    ...(run === undefined ? {} : { run }),
  };
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

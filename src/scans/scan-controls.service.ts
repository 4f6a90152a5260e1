import { Injectable } from '@nestjs/common';
import type { Caller } from '../auth/scopes.js';
import { RequestError } from '../domain/errors.js';
import { decodeCursor, encodeCursor, type Page } from '../edge/page.js';
import type { ControlFilter, ScanControl } from './scan-control.js';
import { ScanControlsRepository } from './scan-controls.repository.js';
import { ScansService } from './scans.service.js';

const POSITION_MAX = 2 ** 31 - 1;

/** The controls of a scan, one by one. */
@Injectable()
export class ScanControlsService {
  constructor(
    private readonly scans: ScansService,
    private readonly controls: ScanControlsRepository,
  ) {}

  /**
   * A page of controls; throws NOT_FOUND for another project's scan, and NO_REPORT for one without results: an empty list would say that
   * nothing failed.
   */
  async list(
    caller: Caller,
    id: string,
    filter: ControlFilter,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<ScanControl>> {
    const after = cursor === undefined ? null : positionIn(cursor);
    const scan = await this.scans.get(caller, id);
    if (scan.report === null) {
      throw new RequestError('NO_REPORT', `the scan ${id} is ${scan.state} and has no report, so it has no controls`);
    }
    const found = await this.controls.page(id, filter, limit + 1, after);
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return { items, next: found.length > limit && last ? encodeCursor([last.position]) : null };
  }
}

function positionIn(cursor: string): number {
  const position = Number(decodeCursor(cursor, ['number'])[0]);
  if (Number.isInteger(position) && position >= 0 && position <= POSITION_MAX) return position;
  throw new RequestError('INVALID', 'the cursor is not one of this list', [
    { parameter: 'cursor', detail: 'is not a cursor that this list gave out' },
  ]);
}

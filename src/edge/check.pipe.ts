import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { RequestError, type Fault } from '../domain/errors.js';
import { check, UNKNOWN_FIELD, UNKNOWN_PARAMETER, type Checked } from './check.js';

const PLAIN = new Set<unknown>([String, Number, Boolean, Object, Array, undefined]);

/** Reads every body and query by its class, and refuses it with all its faults at once. */
@Injectable()
export class CheckPipe implements PipeTransform {
  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (PLAIN.has(metadata.metatype) || (metadata.type !== 'body' && metadata.type !== 'query')) return value;
    const type = metadata.metatype as new () => object;
    const { value: read, faults } = await check(type, value);
    if (faults.length > 0) throw invalid(metadata.type === 'query' ? faults.map(asParameter) : faults);
    return read;
  }
}

/** Reads a body by its class and hands over what is wrong, for a service that has more to say before it refuses. */
export class CheckLater<T extends object> implements PipeTransform<unknown, Promise<Checked<T>>> {
  constructor(private readonly type: new () => T) {}

  transform(value: unknown): Promise<Checked<T>> {
    return check(this.type, value);
  }
}

/** The refusal of a request that was read but may not stand, with all its faults. */
export function invalid(faults: Fault[]): RequestError {
  const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
  const first = faults[0];
  const where = first?.parameter ?? first?.pointer ?? '';
  return new RequestError(
    'INVALID',
    `${count}; the first: ${where === '' ? 'the body' : where} ${first?.detail}`,
    faults,
  );
}

function asParameter(fault: Fault): Fault {
  const detail = fault.detail === UNKNOWN_FIELD ? UNKNOWN_PARAMETER : fault.detail;
  return { parameter: (fault.pointer ?? '').split('/')[1] ?? '', detail };
}

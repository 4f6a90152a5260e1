import { decodeReport } from './decode-report.js';
import { FaultList, isRecord, kindOf, notText, numberOf, textOf } from './fields.js';
import { ControlReader } from './parse-control.js';
import { ReportError } from './report.error.js';
import type { Report, ReportProfile } from './report.js';

export { ReportError } from './report.error.js';

/** Characters of a name. It stands beside every control of a report and of its exports: one of a megabyte would make terabytes of them. */
export const MAX_NAME = 1024;
const MAX_STATUS_MESSAGE = 1024;

/**
 * Reads an InSpec exec JSON report (UTF-8 bytes or text); throws `ReportError` if it is not one. What does not keep it from being read
 * is told in `faults`: a byte order mark, a missing platform release (a distroless target has none), a control that is wrong.
 */
export function parseReport(input: Uint8Array | string): Report {
  const { value, byteOrderMark } = decodeReport(input);
  const document = refuseOtherKinds(value);
  const faults = new FaultList();
  if (byteOrderMark) faults.add('$', 'a byte order mark stands before the report');
  const platform = readPlatform(document['platform'], faults);
  const statistics = isRecord(document['statistics']) ? document['statistics'] : {};
  if (typeof document['version'] !== 'string')
    faults.add('version', `should be a string and is ${kindOf(document['version'])}`);
  const profiles = (document['profiles'] as unknown[]).map((profile, index) =>
    readProfile(profile, `profiles[${index}]`, faults),
  );
  return {
    platform,
    version: textOf(document['version']),
    duration: numberOf(statistics['duration']),
    profiles,
    faults: faults.list(),
    document,
    byteOrderMark,
  };
}

/** The other JSON that auditors write is refused by name, so that nobody looks for a fault in a good file. */
function refuseOtherKinds(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw new ReportError('$', `a report is a JSON object, and this is ${kindOf(value)}`);
  if (Array.isArray(value['profiles'])) return value;
  if (value['profiles'] !== undefined)
    throw new ReportError('profiles', `should be a list and is ${kindOf(value['profiles'])}`);
  if (!Array.isArray(value['controls']))
    throw new ReportError('profiles', 'missing: this is not a report of an auditor run');
  if (typeof value['name'] === 'string' || isRecord(value['generator'])) {
    throw new ReportError('profiles', 'missing: this is a profile (of "export" or "json"), not the report of a run');
  }
  throw new ReportError(
    'profiles',
    'missing: this is json-min, which lacks impacts and titles; run the auditor with "--reporter json"',
  );
}

function readPlatform(value: unknown, faults: FaultList): Report['platform'] {
  const raw = isRecord(value) ? value : {};
  if (!isRecord(value)) faults.add('platform', `should be an object and is ${kindOf(value)}`);
  else {
    if (typeof raw['name'] !== 'string')
      faults.add('platform.name', `should be a string and is ${kindOf(raw['name'])}`);
    if (typeof raw['release'] !== 'string')
      faults.add('platform.release', `should be a string and is ${kindOf(raw['release'])}`);
  }
  return {
    name: label(raw['name'], 'platform.name', faults),
    release: label(raw['release'], 'platform.release', faults),
  };
}

/** The target says it of itself, so too much of it is cut and no reason to refuse the report. */
function label(value: unknown, path: string, faults: FaultList): string | null {
  const text = textOf(value);
  if (text === null || text.length <= MAX_NAME) return text;
  faults.add(path, `has ${text.length} characters; it is cut after ${MAX_NAME}`);
  return text.slice(0, MAX_NAME);
}

function readProfile(value: unknown, path: string, faults: FaultList): ReportProfile {
  if (!isRecord(value)) throw new ReportError(path, `a profile should be an object and is ${kindOf(value)}`);
  const controls = value['controls'];
  if (!Array.isArray(controls))
    throw new ReportError(`${path}.controls`, `should be a list and is ${kindOf(controls)}`);
  const name = textOf(value['name']);
  if (name !== null && name.length > MAX_NAME)
    throw new ReportError(`${path}.name`, `has ${name.length} characters; the limit is ${MAX_NAME}`);
  if (name === null) faults.add(`${path}.name`, `should be a string and is ${kindOf(value['name'])}`);
  for (const key of ['parent_profile', 'status'] as const) {
    const detail = notText(value[key]);
    if (detail !== null) faults.add(`${path}.${key}`, detail);
  }
  const reader = new ControlReader(path, faults);
  return {
    name: name ?? path,
    version: textOf(value['version']),
    title: textOf(value['title']),
    sha256: textOf(value['sha256']),
    parentProfile: textOf(value['parent_profile']),
    status: textOf(value['status']),
    statusMessage: statusMessage(value),
    lacks: readLacks(value['depends']),
    controls: controls.map((control, index) => reader.read(control, index)),
  };
}

function statusMessage(of: Record<string, unknown>): string | null {
  const message = textOf(of['status_message']) ?? textOf(of['skip_message']);
  return message === null || message === '' ? null : message.slice(0, MAX_STATUS_MESSAGE);
}

/** What an auditor could not use of a profile's dependencies: their controls are missing, and nothing else in the report says so. */
function readLacks(depends: unknown): ReportProfile['lacks'] {
  if (!Array.isArray(depends)) return [];
  return (depends as unknown[]).filter(isRecord).flatMap((one) => {
    const { status } = one;
    if (status !== 'skipped' && status !== 'failed') return [];
    return [{ name: (textOf(one['name']) ?? '').slice(0, MAX_NAME), status, message: statusMessage(one) }];
  });
}

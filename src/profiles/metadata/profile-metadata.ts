import { valid as validVersion } from 'semver';
import type { Fault } from '../../domain/errors.js';
import { declaredInputs, type DeclaredInput } from './declared-inputs.js';
import { satisfiesGem } from './gem-requirement.js';
import { excludesLinux } from './supports.js';
import { dependsFaults } from './vendored.js';
import { readYaml } from './yaml-text.js';

/** What the service keeps of an inspec.yml. */
export interface ProfileMetadata {
  name: string;
  version: string;
  title: string;
  inputs: DeclaredInput[];
}

const METADATA = 'inspec.yml';
const NAME = /^[A-Za-z0-9]([A-Za-z0-9 ._+-]{0,126}[A-Za-z0-9])?$/;
const VERSION_MAX = 100;
const TITLE_MAX = 1_000;

/** Reads the inspec.yml among the files of a profile, and all that is wrong with it (for an auditor of this version) and with what belongs to it. */
export function profileMetadata(files: ReadonlyMap<string, Buffer | null>, auditor: string): { metadata: ProfileMetadata; faults: Fault[] } {
  const names = new Set(files.keys());
  const controls = [...names].some((name) => /^controls\/.+\.rb$/.test(name));
  const noControls = controls ? [] : [{ entry: 'controls', detail: 'has no file that ends in .rb: there is no control' }];
  const read = readYaml(files.get(METADATA) ?? Buffer.alloc(0));
  const nothing = { name: '', version: '', title: '', inputs: [] };
  if ('fault' in read) return { metadata: nothing, faults: [{ entry: METADATA, detail: read.fault }, ...noControls] };
  if (!isRecord(read.value)) {
    return { metadata: nothing, faults: [{ entry: METADATA, detail: 'must be an object' }, ...noControls] };
  }
  const { name, version, title, supports, inspec_version: auditors, depends } = read.value;
  const { inputs, faults } = declaredInputs(read.value);
  const own = [
    ...nameFaults(name),
    ...versionFaults(version),
    ...titleFaults(title),
    ...supportsFaults(supports),
    ...auditorFaults(auditors, auditor),
    ...faults,
  ].map((fault) => ({ entry: METADATA, ...fault }));
  const metadata = { name: String(name), version: String(version), title: String(title ?? name), inputs };
  return { metadata, faults: [...own, ...dependsFaults(depends, files.get('inspec.lock') ?? null, names), ...noControls] };
}

function nameFaults(name: unknown): Fault[] {
  if (typeof name === 'string' && NAME.test(name)) return [];
  const form = 'letters, digits, blanks, ".", "_", "+" and "-", a letter or digit at both ends, at most 128';
  return [{ pointer: '/name', detail: name === undefined ? 'is missing' : `must be a text of ${form}` }];
}

function versionFaults(version: unknown): Fault[] {
  const isVersion = typeof version === 'string' && version.length <= VERSION_MAX && validVersion(version) === stripBuild(version);
  if (isVersion) return [];
  const detail = 'must be a semantic version: MAJOR.MINOR.PATCH, such as 1.2.0';
  return [{ pointer: '/version', detail: version === undefined ? 'is missing' : detail }];
}

/** `valid` leaves the build metadata away, and takes a leading "v" or "=", which are no part of a semantic version. */
function stripBuild(version: string): string {
  return version.split('+', 1)[0] ?? '';
}

function titleFaults(title: unknown): Fault[] {
  if (title === undefined || title === null) return [];
  const good = typeof title === 'string' && title.length <= TITLE_MAX && !/[\0\p{Surrogate}]/u.test(title);
  return good ? [] : [{ pointer: '/title', detail: `must be a text of at most ${TITLE_MAX} characters` }];
}

function supportsFaults(supports: unknown): Fault[] {
  if (!excludesLinux(supports)) return [];
  return [{ pointer: '/supports', detail: 'rules out Linux: a container would be skipped, whatever is in it' }];
}

/** A number or nothing at all is any version, as RubyGems has it; a list has to be satisfied as a whole. */
function auditorFaults(given: unknown, auditor: string): Fault[] {
  const list = Array.isArray(given) ? (given as unknown[]) : [given];
  return list.flatMap((requirement): Fault[] => {
    if (typeof requirement !== 'string') return [];
    const satisfied = satisfiesGem(auditor, requirement);
    if (satisfied) return [];
    const detail =
      satisfied === null
        ? `is no requirement of RubyGems, such as ">= 4.6" or "~> 5.0": ${JSON.stringify(requirement.slice(0, 100))}`
        : `is not satisfied by the auditor of this service, which is ${auditor}: ${requirement}`;
    return [{ pointer: '/inspec_version', detail }];
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

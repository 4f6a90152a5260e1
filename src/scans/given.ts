import type { Fault } from '../domain/errors.js';
import { pointerToken } from '../domain/json-pointer.js';
import type { DeclaredInput } from '../profiles/metadata/declared-inputs.js';
import { shortSecretFaults } from './given-rules.js';
import type { Waiver } from './scan.js';

type Inputs = Readonly<Record<string, unknown>>;

/** Inputs and waivers of a submission; the form of each field is right. */
export interface Given {
  inputs: Inputs;
  sensitiveInputs: Inputs;
  waivers: Readonly<Record<string, unknown>>;
}

/** What the service knows of the profile that a scan names; nothing for one in a ConfigMap. */
export interface ProfileKnowledge {
  inputs: readonly DeclaredInput[];
  /** Control ids of waivers that the profile has; null: its texts are not known (yet). */
  controls: ReadonlySet<string> | null;
}

/** What the service can keep. */
export interface Surroundings {
  /** True if the service has a key to encrypt with. */
  encrypts: boolean;
  /** Bytes of all three together, as JSON. */
  bytesMax: number;
}

/** Splits the inputs: those that the profile declares as sensitive are so even if they were given among the others. */
export function bySensitivity(
  { inputs, sensitiveInputs }: Given,
  declared: readonly DeclaredInput[],
): { plain: Inputs; sensitive: Inputs } {
  const names = new Set(declared.filter((input) => input.sensitive).map((input) => input.name));
  const entries = Object.entries(inputs);
  return {
    plain: Object.fromEntries(entries.filter(([name]) => !names.has(name))),
    sensitive: { ...sensitiveInputs, ...Object.fromEntries(entries.filter(([name]) => names.has(name))) },
  };
}

/** Waivers as they are stored: what was left out or null is left out. */
export function waiversOf(given: Readonly<Record<string, unknown>>): Record<string, Waiver> {
  const one = ({ justification, expirationDate, run }: Record<string, unknown>): Waiver => ({
    justification: justification as string,
    ...(typeof expirationDate === 'string' ? { expirationDate } : {}),
    ...(typeof run === 'boolean' ? { run } : {}),
  });
  return Object.fromEntries(Object.entries(given).map(([id, waiver]) => [id, one(waiver as Record<string, unknown>)]));
}

/** Everything that is wrong with what was given beyond the form of its fields. No message holds a value. */
export function givenFaults(given: Given, profile: ProfileKnowledge, around: Surroundings): Fault[] {
  return [
    ...sizeFaults(given, around.bytesMax),
    ...twiceFaults(given),
    ...typeFaults(given, profile.inputs),
    ...secretFaults(given, profile.inputs, around),
    ...controlFaults(given, profile.controls),
  ];
}

function sizeFaults(given: Given, bytesMax: number): Fault[] {
  const sizes = Object.entries(given).map(([name, map]) => ({ name, bytes: Buffer.byteLength(JSON.stringify(map)) }));
  const bytes = sizes.reduce((sum, one) => sum + one.bytes, 0);
  if (bytes <= bytesMax) return [];
  const largest = sizes.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const detail = `inputs, sensitiveInputs and waivers have ${bytes} bytes together as JSON; at most ${bytesMax} are taken`;
  return [{ pointer: `/${largest.name}`, detail }];
}

function twiceFaults({ inputs, sensitiveInputs }: Given): Fault[] {
  const both = Object.keys(sensitiveInputs).filter((name) => Object.hasOwn(inputs, name));
  return both.map((name) => ({ pointer: pointer('sensitiveInputs', name), detail: 'is given among inputs too' }));
}

function typeFaults(given: Given, declared: readonly DeclaredInput[]): Fault[] {
  return (['inputs', 'sensitiveInputs'] as const).flatMap((field) =>
    declared.flatMap(({ name, type }): Fault[] => {
      if (!Object.hasOwn(given[field], name) || isOfType(given[field][name], type)) return [];
      return [{ pointer: pointer(field, name), detail: `must be of the type that the profile declares: ${type}` }];
    }),
  );
}

/** As the auditor decides it (inspec-core, lib/inspec/input.rb). */
function isOfType(value: unknown, type: string | null): boolean {
  switch (type?.toLowerCase()) {
    case 'string':
      return typeof value === 'string';
    case 'numeric':
    case 'num':
      return typeof value === 'number' || (typeof value === 'string' && isRubyNumber(value));
    case 'boolean':
      return typeof value === 'boolean';
    case 'array':
      return Array.isArray(value);
    case 'hash':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'regexp':
    case 'regex':
      return typeof value === 'string';
    default:
      return true;
  }
}

/** Text that Ruby's Float() takes; forms that nobody writes are left to the auditor. */
function isRubyNumber(text: string): boolean {
  return /^\s*[+-]?(0x[0-9a-f]+|\d[\d_]*(\.\d+)?(e[+-]?\d+)?)\s*$/i.test(text);
}

function secretFaults(given: Given, declared: readonly DeclaredInput[], around: Surroundings): Fault[] {
  const { sensitive } = bySensitivity(given, declared);
  return Object.entries(sensitive).flatMap(([name, value]): Fault[] => {
    const field = Object.hasOwn(given.sensitiveInputs, name) ? 'sensitiveInputs' : 'inputs';
    const here = pointer(field, name);
    if (!around.encrypts) {
      return [{ pointer: here, detail: 'is sensitive and cannot be kept: SIDESCAN_ENCRYPTION_KEY is not set' }];
    }
    const short =
      field === 'inputs' // those of sensitiveInputs are told by the field's own rule
        ? shortSecretFaults(value).map((fault) => ({ ...fault, pointer: here + (fault.pointer ?? '') }))
        : [];
    return short;
  });
}

function controlFaults({ waivers }: Given, controls: ReadonlySet<string> | null): Fault[] {
  if (controls === null) return [];
  const unknown = Object.keys(waivers).filter((id) => !controls.has(id));
  return unknown.map((id) => ({ pointer: pointer('waivers', id), detail: 'is no control of this profile' }));
}

function pointer(field: keyof Given, name: string): string {
  return `/${field}/${pointerToken(name)}`;
}

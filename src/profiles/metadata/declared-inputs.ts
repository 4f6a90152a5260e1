import type { Fault } from '../../domain/errors.js';

/** An input that a profile declares. Its default value is not kept: it is in the archive, and may be a secret. */
export interface DeclaredInput {
  name: string;
  /** String, Numeric, Regexp, Array, Hash, Boolean or Any; null: not said. */
  type: string | null;
  required: boolean;
  sensitive: boolean;
  hasDefault: boolean;
}

const TYPES = ['String', 'Numeric', 'Regexp', 'Array', 'Hash', 'Boolean', 'Any'];
/** As the auditor abbreviates. */
const SHORT_TYPES: Readonly<Record<string, string>> = { Num: 'Numeric', Regex: 'Regexp' };
const NAME_MAX = 200;
const INPUTS_MAX = 2_000;

/** The `inputs` of an inspec.yml (or `attributes`, their former name), and what is wrong with them. */
export function declaredInputs(metadata: Readonly<Record<string, unknown>>): { inputs: DeclaredInput[]; faults: Fault[] } {
  const key = metadata.inputs === undefined && metadata.attributes !== undefined ? 'attributes' : 'inputs';
  const given = metadata[key] ?? [];
  if (!Array.isArray(given)) return { inputs: [], faults: [{ pointer: `/${key}`, detail: 'must be a list' }] };
  if (given.length > INPUTS_MAX) {
    return { inputs: [], faults: [{ pointer: `/${key}`, detail: `has ${given.length} inputs; at most ${INPUTS_MAX}` }] };
  }
  const inputs = new Map<string, DeclaredInput>();
  const faults: Fault[] = [];
  for (const [at, entry] of given.entries() as IterableIterator<[number, unknown]>) {
    const fault = inputFault(entry);
    if (fault !== null) faults.push({ pointer: `/${key}/${at}${fault.pointer ?? ''}`, detail: fault.detail });
    else {
      const input = inputOf(entry as Record<string, unknown>);
      // One with `profile` gives a value to an input of a dependency: it declares none of this profile.
      if (input !== null) inputs.set(input.name, merged(inputs.get(input.name), input));
    }
  }
  return { inputs: [...inputs.values()], faults };
}

/** Published profiles declare an input twice: the auditor puts the two together. */
function merged(first: DeclaredInput | undefined, second: DeclaredInput): DeclaredInput {
  if (first === undefined) return second;
  return {
    name: second.name,
    type: second.type ?? first.type,
    required: first.required || second.required,
    sensitive: first.sensitive || second.sensitive,
    hasDefault: first.hasDefault || second.hasDefault,
  };
}

function inputOf(entry: Readonly<Record<string, unknown>>): DeclaredInput | null {
  if (entry.profile !== undefined) return null;
  return {
    name: String(entry.name),
    type: typeof entry.type === 'string' ? typeOf(entry.type) : null,
    required: isTrue(entry.required),
    sensitive: isTrue(entry.sensitive),
    hasDefault: (entry.value ?? entry.default ?? null) !== null,
  };
}

function inputFault(entry: unknown): Fault | null {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return { detail: 'must be an object' };
  const { name, type } = entry as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || name === '' || name.length > NAME_MAX || /[\p{Cc}\p{Surrogate}]/u.test(name)) {
    return { pointer: '/name', detail: `must be a text of 1 to ${NAME_MAX} characters` };
  }
  const known = type === undefined || type === null || (typeof type === 'string' && TYPES.includes(typeOf(type)));
  return known ? null : { pointer: '/type', detail: `must be one of ${TYPES.join(', ')}` };
}

function typeOf(given: string): string {
  const type = given.charAt(0).toUpperCase() + given.slice(1).toLowerCase();
  return SHORT_TYPES[type] ?? type;
}

/** As Ruby has it: everything but nil and false, even the text "false". */
function isTrue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}

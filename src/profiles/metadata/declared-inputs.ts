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
  const inputs: DeclaredInput[] = [];
  const faults: Fault[] = [];
  const names = new Set<string>();
  for (const [at, entry] of given.entries() as IterableIterator<[number, unknown]>) {
    const fault = inputFault(entry);
    if (fault !== null) faults.push({ pointer: `/${key}/${at}${fault.pointer ?? ''}`, detail: fault.detail });
    else {
      const input = inputOf(entry as Record<string, unknown>);
      // One with `profile` gives a value to an input of a dependency: it declares none of this profile.
      if (input === null) continue;
      if (names.has(input.name)) faults.push({ pointer: `/${key}/${at}/name`, detail: `is declared twice: ${input.name}` });
      names.add(input.name);
      inputs.push(input);
    }
  }
  return { inputs, faults };
}

function inputOf(entry: Readonly<Record<string, unknown>>): DeclaredInput | null {
  if (entry.profile !== undefined) return null;
  return {
    name: String(entry.name),
    type: typeof entry.type === 'string' ? entry.type : null,
    required: entry.required === true,
    sensitive: entry.sensitive === true,
    hasDefault: (entry.value ?? entry.default ?? null) !== null,
  };
}

function inputFault(entry: unknown): Fault | null {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return { detail: 'must be an object' };
  const { name, type, required, sensitive } = entry as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || name === '' || name.length > NAME_MAX || /\p{Cc}/u.test(name)) {
    return { pointer: '/name', detail: `must be a text of 1 to ${NAME_MAX} characters` };
  }
  if (type !== undefined && type !== null && !TYPES.includes(type as string)) {
    return { pointer: '/type', detail: `must be one of ${TYPES.join(', ')}` };
  }
  for (const [key, value] of Object.entries({ required, sensitive })) {
    if (value !== undefined && value !== null && typeof value !== 'boolean') {
      return { pointer: `/${key}`, detail: 'must be true or false' };
    }
  }
  return null;
}

import type { Fault } from '../domain/errors.js';
import { ImageReferenceError, parseImageReference } from '../domain/image-reference.js';
import { isLabelKey, isSubdomain, SUBDOMAIN_RULE } from '../domain/kubernetes-names.js';
import { pointerToken } from '../domain/json-pointer.js';

const LABELS_MAX = 32;
const LABEL_VALUE_MAX = 255;
const COMMANDS_MAX = 32;
/** Words of a command line: what a pod manifest can hold with ease. */
const WORDS_MAX = 64;
const WORD_MAX = 4096;
const CONTROL_CHARACTER = /[\p{Cc}\p{Surrogate}]/u;
const PROGRAM = /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}$/;

/** An image reference; what is no string is told by another rule. */
export function imageFaults(value: unknown): Fault[] {
  if (typeof value !== 'string') return [];
  try {
    parseImageReference(value);
    return [];
  } catch (error) {
    if (error instanceof ImageReferenceError) return [{ detail: error.message }];
    throw error;
  }
}

/** The name of a ConfigMap or Secret. */
export function subdomainFaults(value: unknown): Fault[] {
  if (typeof value !== 'string') return [{ detail: 'must be a string' }];
  return isSubdomain(value) ? [] : [{ detail: SUBDOMAIN_RULE }];
}

/** Rules between the fields of a target. */
export function targetFaults(value: unknown): Fault[] {
  if (!isRecord(value) || value.run === true) return [];
  const meaningless = ['command', 'args'].filter((name) => value[name] !== undefined && value[name] !== null);
  return meaningless.map((name) => ({
    pointer: `/${name}`,
    detail: 'needs "run": true; a held target runs nothing of its own',
  }));
}

/** Words of a command line. */
export function wordsFaults(value: unknown): Fault[] {
  if (!Array.isArray(value)) return [{ detail: 'must be a list of strings' }];
  if (value.length > WORDS_MAX) return [{ detail: `must have at most ${WORDS_MAX} words` }];
  return value.flatMap((word: unknown, i): Fault[] => {
    if (typeof word !== 'string') return [{ pointer: `/${i}`, detail: 'must be a string' }];
    if (word.length > WORD_MAX) return [{ pointer: `/${i}`, detail: `must have at most ${WORD_MAX} characters` }];
    return /[\0\p{Surrogate}]/u.test(word) ? [{ pointer: `/${i}`, detail: 'must not have the character U+0000' }] : [];
  });
}

/** Exactly one way to name a profile. */
export function profileChoiceFaults(value: unknown): Fault[] {
  if (!isRecord(value)) return [];
  const given = ['name', 'configMap', 'digest'].filter((name) => value[name] !== undefined && value[name] !== null);
  if (given.length === 0) return [{ detail: 'must have one of name, configMap, digest' }];
  if (given.length > 1)
    return [{ detail: `must have only one of name, configMap, digest; it has ${given.join(' and ')}` }];
  const version = value.version !== undefined && value.version !== null;
  return version && given[0] !== 'name' ? [{ pointer: '/version', detail: 'belongs to a profile by name' }] : [];
}

/** Labels of a scan. */
export function labelFaults(value: unknown): Fault[] {
  if (!isRecord(value)) return [{ detail: 'must be an object of strings' }];
  const entries = Object.entries(value);
  if (entries.length > LABELS_MAX)
    return [{ detail: `must have at most ${LABELS_MAX} labels; it has ${entries.length}` }];
  return entries.flatMap(([key, text]): Fault[] => {
    const pointer = `/${pointerToken(key)}`;
    if (!isLabelKey(key)) {
      return [
        {
          pointer,
          detail: 'has a key that is no label key: [prefix/]name of letters, digits, "-", "_", ".", at most 63',
        },
      ];
    }
    if (typeof text !== 'string') return [{ pointer, detail: 'must be a string' }];
    if (text.length > LABEL_VALUE_MAX) return [{ pointer, detail: `must have at most ${LABEL_VALUE_MAX} characters` }];
    return CONTROL_CHARACTER.test(text) ? [{ pointer, detail: 'must not have control characters' }] : [];
  });
}

/** Names of programs that may run in the target. */
export function commandNamesFaults(value: unknown): Fault[] {
  if (!Array.isArray(value)) return [];
  if (value.length > COMMANDS_MAX) return [{ detail: `must name at most ${COMMANDS_MAX} programs` }];
  return value.flatMap((name: unknown, i): Fault[] => {
    if (typeof name !== 'string' || !PROGRAM.test(name)) {
      return [
        {
          pointer: `/${i}`,
          detail: 'must be the name of a program, without its folder and arguments, such as "nginx"',
        },
      ];
    }
    return value.indexOf(name) < i ? [{ pointer: `/${i}`, detail: 'is named twice' }] : [];
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

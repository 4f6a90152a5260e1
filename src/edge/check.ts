import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { registerDecorator, validate, type ValidationError } from 'class-validator';
import type { Fault } from '../domain/errors.js';
import { pointerToken } from '../domain/json-pointer.js';

/** A body that was read against its class, with everything that is wrong with it so far. `value` is whole only if `faults` is empty. */
export interface Checked<T> {
  value: T;
  faults: Fault[];
}

type Class<T extends object> = new () => T;
const OPAQUE = Symbol('opaque properties');
/** Key of a constraint whose message is a list of faults with pointers of their own: class-validator carries text only. */
const FAULTS = 'faults';
/** Names that class-transformer drops without a word; nothing may be accepted and ignored. */
const DROPPED_NAMES = ['__proto__', 'constructor', 'prototype'];

/** What is said of a field that is in no class. */
export const UNKNOWN_FIELD = 'is not a field that this service knows';
/** What is said of a parameter that a route does not take. */
export const UNKNOWN_PARAMETER = 'is not a parameter that this resource takes';

/** The property is a document of its own (labels, a threshold): it is taken as it came, and its own function checks it. */
export function Opaque(): PropertyDecorator {
  return (target, property) => {
    const known = (Reflect.getMetadata(OPAQUE, target) as string[] | undefined) ?? [];
    Reflect.defineMetadata(OPAQUE, [...known, String(property)], target);
  };
}

/** Checks a property by a pure function; the pointers of the faults it answers are relative to the property. */
export function FaultsOf(check: (value: unknown) => Fault[]): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: FAULTS,
      target: target.constructor,
      propertyName: String(property),
      validator: {
        validate: (value: unknown) => check(value).length === 0,
        defaultMessage: (args) => JSON.stringify(check(args?.value)),
      },
    });
  };
}

/** Reads a plain object as an instance of the class and answers every fault: wrong types, wrong values, unknown fields by name. */
export async function check<T extends object>(type: Class<T>, plain: unknown): Promise<Checked<T>> {
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) {
    return { value: new type(), faults: [{ pointer: '', detail: 'must be an object' }] };
  }
  const opaque = (Reflect.getMetadata(OPAQUE, type.prototype as object) as string[] | undefined) ?? [];
  const entries = Object.entries(plain as Readonly<Record<string, unknown>>);
  const open = Object.fromEntries(entries.filter(([name]) => !opaque.includes(name)));
  const faults = droppedNames(open, '');
  const value = plainToInstance(type, open);
  for (const [name, inner] of entries) if (opaque.includes(name)) Object.assign(value, { [name]: inner });
  const errors = await validate(value, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true });
  return { value, faults: [...faults, ...errors.flatMap((error) => flatten(error, ''))] };
}

function flatten(error: ValidationError, above: string): Fault[] {
  const pointer = `${above}/${pointerToken(error.property)}`;
  const own = Object.entries(error.constraints ?? {}).flatMap(([name, message]): Fault[] => {
    if (name === 'whitelistValidation') return [{ pointer, detail: UNKNOWN_FIELD }];
    if (name !== FAULTS) return [{ pointer, detail: withoutName(message, error.property) }];
    const inner = JSON.parse(message) as Fault[];
    return inner.map((fault) => ({ pointer: pointer + (fault.pointer ?? ''), detail: fault.detail }));
  });
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, pointer))];
}

function withoutName(message: string, property: string): string {
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}

function droppedNames(value: unknown, pointer: string): Fault[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const here = `${pointer}/${pointerToken(name)}`;
    if (DROPPED_NAMES.includes(name)) return [{ pointer: here, detail: UNKNOWN_FIELD }];
    return droppedNames(inner, here);
  });
}

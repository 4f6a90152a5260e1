import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

export type Node = Record<string, unknown>;

export interface Operation {
  method: string;
  path: string;
  id: string;
  node: Node;
}

/** What a client got, to be held against the description. */
export interface Given {
  method: string;
  /** With or without a query. */
  path: string;
  status: number;
  contentType: string | null;
  text: string;
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
const PROBLEM = 'application/problem+json';
/** What is refused before a route is reached is no operation's own. */
const BEFORE_ROUTES = [404, 405, 408, 431];

/** openapi.yaml, as a client reads it: strict about what is not described. */
export class Description {
  readonly document: Node;
  readonly operations: Operation[];
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(file = join(import.meta.dirname, '../../openapi.yaml')) {
    this.document = parse(readFileSync(file, 'utf8')) as Node;
    this.operations = Object.entries(this.document['paths'] as Record<string, Node>).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([method]) => METHODS.includes(method))
        .map(([method, node]) => ({ method, path, id: String((node as Node)['operationId']), node: node as Node })),
    );
    addFormats.default(this.ajv);
    this.ajv.addSchema(closed(this.document) as Node, 'openapi');
  }

  /** Everything that is wrong with an answer: a status, a media type, a field that is not described, a value of another type. */
  faultsOf(given: Given): string[] {
    const { method, status } = given;
    const path = given.path.split('?', 1)[0]?.replace(/(?<=.)\/$/, '') ?? '';
    const operation = this.operationOf(method === 'HEAD' ? 'GET' : method, path);
    const mediaType = given.contentType?.split(';', 1)[0]?.trim() ?? null;
    const responses = operation?.node['responses'] as Record<string, Node> | undefined;
    const response = this.resolved(responses?.[String(status)]);
    const content = response?.['content'] as Record<string, Node> | undefined;
    if (response === undefined) return this.undescribed(given, mediaType, operation !== undefined);
    if (method === 'HEAD' || (content === undefined && given.text === '')) return [];
    if (mediaType === null || content?.[mediaType] === undefined)
      return [`${status} has the media type ${mediaType}, which is not described`];
    if (!mediaType.endsWith('json')) return [];
    return this.check(content[mediaType]['schema'] as Node, JSON.parse(given.text));
  }

  /** What is wrong with a value by a schema of the document. */
  check(schema: Node, value: unknown): string[] {
    const key = JSON.stringify(schema);
    const validate = this.compiled.get(key) ?? this.ajv.compile(rebased(closed(schema)) as Node);
    this.compiled.set(key, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath || '(all)'} ${message} ${JSON.stringify(params)}`,
    );
  }

  private undescribed(given: Given, mediaType: string | null, isOperation: boolean): string[] {
    const { status, text, method } = given;
    if (isOperation && !(BEFORE_ROUTES.includes(status) && mediaType === PROBLEM))
      return [`the status ${status} is not described`];
    if (!isOperation && status < 400) return []; // assets of the page, which are no part of the API
    if (method === 'HEAD') return [];
    if (mediaType !== PROBLEM) return [`${status} is no problem+json`];
    return this.check({ $ref: '#/components/schemas/Problem' }, JSON.parse(text));
  }

  private operationOf(method: string, path: string): Operation | undefined {
    const fits = (template: string): boolean => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
    // `/v1/thresholds/evaluate` before `/v1/thresholds/{name}`.
    const found = this.operations.filter((one) => one.method === method.toLowerCase() && fits(one.path));
    return found.find((one) => !one.path.includes('{')) ?? found[0];
  }

  private resolved(node: Node | undefined): Node | undefined {
    const ref = node?.['$ref'];
    if (typeof ref !== 'string') return node;
    return ref
      .slice(2)
      .split('/')
      .reduce<Node | undefined>((inner, key) => inner?.[key] as Node | undefined, this.document);
  }
}

/** Schemas in which what is not described is wrong. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, inner]): [string, unknown] => [
    key,
    key === 'example' || key === 'examples' ? inner : closed(inner),
  ]);
  const inner = Object.fromEntries(entries);
  const isObject = [inner['type']].flat().includes('object') && inner['properties'] !== undefined;
  return isObject && inner['additionalProperties'] === undefined ? { ...inner, additionalProperties: false } : inner;
}

/** References that lead into the document from a schema that is looked at by itself. */
function rebased(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(rebased);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string' && inner.startsWith('#') ? `openapi${inner}` : rebased(inner),
    ]),
  );
}

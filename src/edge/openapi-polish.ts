import type { OpenAPIObject } from '@nestjs/swagger';
import { SCOPES } from '../auth/scopes.js';
import { SCAN_STATES, VERDICTS } from '../domain/scan-state.js';
import { PROFILE_STATES } from '../profiles/profile-text.js';
import { GROUP_BYS } from '../reports/summary-group.js';
import { REPORT_FORMATS } from '../reports/format-name.js';
import { CONTROL_STATUSES, EVALUATION_MODES, SEVERITIES } from '../results/evaluation.js';
import { SECURITY_MODES } from '../scans/scan.js';

const LISTS: readonly (readonly string[])[] = [
  SCAN_STATES,
  VERDICTS,
  SECURITY_MODES,
  SCOPES,
  GROUP_BYS,
  EVALUATION_MODES,
  REPORT_FORMATS,
  CONTROL_STATUSES,
  SEVERITIES,
  PROFILE_STATES,
];
/** Numbers that may have a fraction; all others of the API are whole, which TypeScript cannot say. */
const FRACTIONS = new Set(['compliance', 'expected', 'actual', 'impact']);
const TIMES = /(At|^since|^until|^at)$/;
const PROBLEM = 'application/problem+json';

type Node = Record<string, unknown>;

/** Says in the description what the compiler does not know: whole numbers, times, the order of enumerations; and says every refusal once. */
export function polish(document: OpenAPIObject): OpenAPIObject {
  visit(document, '');
  for (const [path, operations] of Object.entries(document.paths) as [string, Node][]) {
    for (const operation of Object.values(operations)) if (isNode(operation)) describeConventions(path, operation);
  }
  shareRefusals(document);
  return document;
}

function visit(node: unknown, name: string): void {
  if (Array.isArray(node)) {
    for (const item of node) visit(item, name);
    return;
  }
  if (!isNode(node)) return;
  const types = [node.type].flat();
  if (types.includes('number') && !FRACTIONS.has(name)) {
    node.type = Array.isArray(node.type) ? types.map((type) => (type === 'number' ? 'integer' : type)) : 'integer';
  }
  if (types.includes('string') && TIMES.test(name)) node.format = 'date-time';
  const form = node['multipart/form-data'];
  if (isNode(form) && isNode(form.schema) && form.schema.format === 'binary') {
    form.schema = { type: 'object', properties: { file: form.schema }, required: ['file'] };
  }
  if (Array.isArray(node.enum)) node.enum = ordered(node.enum as string[]);
  // A parameter carries its name beside its schema.
  const inner = typeof node.name === 'string' && isNode(node.schema) ? node.name : null;
  for (const [key, value] of Object.entries(node)) {
    if (key !== 'example' && key !== 'examples') visit(value, inner ?? nameFor(key, name));
  }
}

/** The name of the property that a schema is of: keywords such as `items` or `oneOf` do not change it. */
function nameFor(key: string, name: string): string {
  return ['items', 'oneOf', 'anyOf', 'schema'].includes(key) ? name : key;
}

/** The compiler gives the words of a union in the order in which it met them anywhere: unstable. */
function ordered(words: string[]): string[] {
  const same = LISTS.find((list) => list.length === words.length && words.every((word) => list.includes(word)));
  return same ? [...same] : [...words].sort();
}

/** What holds of all routes alike: what an id is the id of, and the headers of pages and of what has an ETag. */
function describeConventions(path: string, operation: Node): void {
  const noun = (/^\/v1\/([a-z]+)s\//.exec(path) ?? [])[1];
  for (const parameter of (operation.parameters ?? []) as Node[]) {
    if (parameter.in === 'path') parameter.description ??= `${parameter.name === 'id' ? 'Id' : 'Name'} of a ${noun}.`;
  }
  const responses = operation.responses as Record<string, Node>;
  const good = responses['200'];
  if (good === undefined) return;
  const header = (description: string): Node => ({ description, schema: { type: 'string' } });
  const isPage = /PageDto"/.test(JSON.stringify(good.content ?? {}));
  const headers = {
    ...(good.headers as Node | undefined),
    ...(isPage ? { Link: header('Where the next page is (RFC 8288); not on the last one.') } : {}),
    ...('304' in responses ? { ETag: header('Send it as If-None-Match to be told 304 while nothing changed.') } : {}),
  };
  if (Object.keys(headers).length > 0) good.headers = headers;
}

function shareRefusals(document: OpenAPIObject): void {
  const shared: Node = {};
  for (const path of Object.values(document.paths) as Node[]) {
    for (const operation of Object.values(path)) {
      if (!isNode(operation) || !isNode(operation.responses)) continue;
      for (const [status, response] of Object.entries(operation.responses)) {
        const content = isNode(response) && isNode(response.content) ? response.content[PROBLEM] : undefined;
        if (!isNode(content) || !isNode(content.examples)) continue;
        const name = Object.keys(content.examples).join('_OR_');
        shared[name] = response;
        operation.responses[status] = { $ref: `#/components/responses/${name}` };
      }
    }
  }
  document.components = {
    ...document.components,
    responses: shared as NonNullable<OpenAPIObject['components']>['responses'],
  };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

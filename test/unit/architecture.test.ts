import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '../../src');
interface Import {
  target: string;
  /** Leaves nothing behind when compiled, so it makes no cycle at load. */
  typeOnly: boolean;
}

/** File below src/ → what it imports: other files below src/ by path, everything else by its name. */
const files = new Map<string, Import[]>(sources().map((file) => [file, importsOf(file)]));

function sources(): string[] {
  return (readdirSync(SRC, { recursive: true }) as string[])
    .filter((file) => file.endsWith('.ts') && !file.startsWith('platform/database/generated/'))
    .sort();
}

/** Imports and re-exports, dynamic ones too, as the compiler sees them. */
function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(file, readFileSync(join(SRC, file), 'utf8'), ts.ScriptTarget.Latest);
  const found: Import[] = [];
  const add = (name: ts.Node | undefined, typeOnly: boolean): void => {
    if (name !== undefined && ts.isStringLiteral(name)) found.push({ target: resolve(file, name.text), typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function resolve(file: string, name: string): string {
  return name.startsWith('.') ? normalize(join(dirname(file), name)).replace(/\.js$/, '.ts') : name;
}

/** Every import that a rule forbids, as `file → target`. */
function offences(forbidden: (file: string, target: string, typeOnly: boolean) => boolean): string[] {
  return [...files].flatMap(([file, imports]) =>
    imports.filter((item) => forbidden(file, item.target, item.typeOnly)).map(({ target }) => `${file} → ${target}`),
  );
}

const isOwn = (target: string): boolean => target.endsWith('.ts');
const isIn = (file: string, ...folders: string[]): boolean => folders.some((folder) => file.startsWith(`${folder}/`));
const is = (file: string, ...kinds: string[]): boolean => kinds.some((kind) => file.endsWith(`.${kind}.ts`));
const isMain = (file: string): boolean => /^main\.\w+\.ts$/.test(file);

describe('the source', () => {
  it('is read at all: the rules below look at what is there', () => {
    expect(files.size).toBeGreaterThan(30);
    expect(files.get('config/config.ts')?.map((item) => item.target)).toContain('config/env-reader.ts');
    expect(files.get('platform/queue/bullmq-job-queue.ts')?.map((item) => item.target)).toContain('bullmq');
  });

  it('imports only files that are there', () => {
    const generated = 'platform/database/generated/';
    expect(offences((_, target) => isOwn(target) && !files.has(target) && !target.startsWith(generated))).toEqual([]);
  });

  it('has no cycle: ESM would run a module before what it needs', () => {
    const loaded = (file: string): string[] =>
      (files.get(file) ?? []).filter((item) => isOwn(item.target) && !item.typeOnly).map((item) => item.target);
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      if (done.has(file) || path.includes(file)) return;
      for (const next of loaded(file)) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of files.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });
});

describe('imports run one way', () => {
  it('nothing imports an entry point', () => {
    expect(offences((_, target) => isMain(target))).toEqual([]);
  });

  it('only entry points and modules import modules', () => {
    const wires = (file: string): boolean => isMain(file) || is(file, 'module') || !file.includes('/');
    expect(offences((file, target) => is(target, 'module') && !wires(file))).toEqual([]);
  });

  it('only modules import controllers', () => {
    expect(offences((file, target) => is(target, 'controller') && !is(file, 'module'))).toEqual([]);
  });

  it('controllers go through a service, never to a repository', () => {
    expect(offences((file, target) => is(file, 'controller') && is(target, 'repository'))).toEqual([]);
  });

  it('repositories know no service and no controller', () => {
    const database = 'platform/database/prisma.service.ts';
    expect(
      offences((file, target) => is(file, 'repository') && is(target, 'service', 'controller') && target !== database),
    ).toEqual([]);
  });

  it('the domain imports nothing but itself (and Node)', () => {
    const allowed = (target: string): boolean => isIn(target, 'domain') || target.startsWith('node:');
    expect(offences((file, target) => isIn(file, 'domain') && !allowed(target))).toEqual([]);
  });

  it('ports import only the domain and the catalog of jobs', () => {
    const allowed = (target: string): boolean => isIn(target, 'domain', 'jobs') || target.startsWith('node:');
    expect(offences((file, target) => isIn(file, 'ports') && !allowed(target))).toEqual([]);
  });

  it('reading and judging reports is pure: no framework, no I/O', () => {
    const impure = /^(node:(fs|net|http|https|child_process|worker_threads)|@nestjs|pg$|ioredis|bullmq|@aws-sdk)/;
    const pure = (file: string): boolean =>
      isIn(file, 'results', 'thresholds') && !is(file, 'module', 'controller', 'service', 'repository', 'dto');
    expect(offences((file, target) => pure(file) && impure.test(target))).toEqual([]);
  });

  it('the configuration imports nothing but itself (and Node)', () => {
    const allowed = (target: string): boolean => isIn(target, 'config') || target.startsWith('node:');
    expect(offences((file, target) => isIn(file, 'config') && !allowed(target))).toEqual([]);
  });

  it('the API knows no pods, and the worker no HTTP', () => {
    const api = ['edge', 'auth', 'reports', 'targets'];
    const pods = ['execution', 'platform/kubernetes', 'platform/podman'];
    expect(offences((file, target) => isIn(file, ...api) && isIn(target, ...pods))).toEqual([]);
    expect(offences((file, target) => isIn(file, 'execution') && isIn(target, 'edge', 'auth'))).toEqual([]);
  });

  it('adapters do not know the nouns that use them', () => {
    const users = ['edge', 'auth', 'reports', 'execution'];
    expect(offences((file, target) => isIn(file, 'platform') && isIn(target, ...users))).toEqual([]);
  });
});

describe('fences', () => {
  it('only src/platform imports SDKs', () => {
    const sdk = /^(@kubernetes\/|@aws-sdk\/|@smithy\/|bullmq$|ioredis$|pg$|@prisma\/|pino$)/;
    // What a logger is, as a type, may be known everywhere: it is handed on.
    const harmless = (target: string, typeOnly: boolean): boolean => target === 'pino' && typeOnly;
    expect(
      offences((file, target, typeOnly) => sdk.test(target) && !isIn(file, 'platform') && !harmless(target, typeOnly)),
    ).toEqual([]);
  });

  it('each SDK is imported in one folder', () => {
    const homes: Record<string, string> = {
      '@kubernetes/client-node': 'platform/kubernetes',
      '@aws-sdk/client-s3': 'platform/objects',
      bullmq: 'platform/queue',
      ioredis: 'platform/queue',
      pg: 'platform/database',
    };
    expect(offences((file, target) => target in homes && !isIn(file, homes[target] ?? ''))).toEqual([]);
  });

  it('ORM types stop at repositories, and at what only repositories import', () => {
    const orm = (target: string): boolean => isIn(target, 'platform/database/generated');
    const importers = (file: string): string[] =>
      [...files].filter(([, imports]) => imports.some((item) => item.target === file)).map(([name]) => name);
    const inside = (file: string): boolean =>
      isIn(file, 'platform/database') ||
      is(file, 'repository') ||
      (importers(file).length > 0 && importers(file).every(inside));
    expect(offences((file, target) => orm(target) && !inside(file))).toEqual([]);
  });

  it('only src/config reads the environment', () => {
    const readers = [...files.keys()].filter((file) => /\bprocess\.env\b/.test(readFileSync(join(SRC, file), 'utf8')));
    expect(readers.filter((file) => !isIn(file, 'config'))).toEqual([]);
  });

  it('nothing is called utils, helpers, manager or impl, and there are no barrels', () => {
    const vague = /(^|[/.-])(utils?|helpers?|manager|impl|index)\.ts$/;
    expect([...files.keys()].filter((file) => vague.test(file))).toEqual([]);
  });

  it('file names are kebab-case', () => {
    const form = /^([a-z0-9-]+\/)*[a-z0-9-]+(\.[a-z0-9-]+)*\.ts$/;
    expect([...files.keys()].filter((file) => !form.test(file))).toEqual([]);
  });
});

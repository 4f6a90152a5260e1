import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../src/domain/errors.js';
import { satisfiesGem } from '../../../src/profiles/metadata/gem-requirement.js';
import { profileMetadata, type ProfileMetadata } from '../../../src/profiles/metadata/profile-metadata.js';
import { AUDITOR, CONTROL } from '../../support/archives.factory.js';

const SHA = 'ab'.repeat(32);

function read(inspecYml: string, more: Record<string, string> = {}): { metadata: ProfileMetadata; faults: Fault[] } {
  const files = { 'inspec.yml': inspecYml, 'controls/a.rb': CONTROL, ...more };
  return profileMetadata(new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])), AUDITOR);
}
const faultsOf = (inspecYml: string, more?: Record<string, string>): string[] =>
  read(inspecYml, more).faults.map(({ entry, pointer, detail }) => `${entry}${pointer ?? ''} ${detail}`);
const named = (rest: string): string => `name: mine\nversion: 1.0.0\n${rest}`;

describe('inspec.yml', () => {
  it('is the auditor of the image whose version is asked for', () => {
    const lock = readFileSync(join(import.meta.dirname, '../../../scanner/Gemfile.lock'), 'utf8');
    expect(lock).toContain(`inspec-core (${AUDITOR})`);
  });

  it('is read, with what the profile is called where it has no title', () => {
    expect(read(named('')).metadata).toEqual({ name: 'mine', version: '1.0.0', title: 'mine', inputs: [] });
    expect(read(named('title: A title\n')).metadata.title).toBe('A title');
    expect(faultsOf(named(''))).toEqual([]);
  });

  it('says all that is wrong with it at once', () => {
    const yml = 'version: 1.0\ntitle: [1]\nsupports: {platform: windows}\ninspec_version: "~> 4"\ninputs: [{name: ""}]\n';
    expect(faultsOf(yml, { 'controls/a.rb': CONTROL })).toEqual([
      'inspec.yml/name is missing',
      'inspec.yml/version must be a semantic version: MAJOR.MINOR.PATCH, such as 1.2.0',
      'inspec.yml/title must be a text of at most 1000 characters',
      'inspec.yml/supports rules out Linux: a container would be skipped, whatever is in it',
      'inspec.yml/inspec_version is not satisfied by the auditor of this service, which is 5.24.24: ~> 4',
      'inspec.yml/inputs/0/name must be a text of 1 to 200 characters',
    ]);
  });

  it.each(['1.2.3', '1.2.3-rc.1', '1.2.3+build.5', '0.0.0'])('takes the version %s', (version) => {
    expect(read(`name: mine\nversion: ${version}\n`)).toMatchObject({ metadata: { version }, faults: [] });
  });
  it.each(['1', '1.2', '1.2.3.4', 'v1.2.3', '=1.2.3', '01.2.3', 'latest', '""', '[1]', `1.2.3-${'a'.repeat(95)}`])(
    'refuses the version %s',
    (version) => expect(faultsOf(`name: mine\nversion: ${version}\n`)).toHaveLength(1),
  );

  it.each(['a', 'my-profile', 'My Profile 2.0', 'a_b.c+d', 'a'.repeat(128)])('takes the name %s', (name) => {
    expect(faultsOf(`name: ${name}\nversion: 1.0.0\n`)).toEqual([]);
  });
  it.each(['a/b', '-a', 'a-', "'a\\b'", 'ünï', '12', '"a\\n"', 'a'.repeat(129)])('refuses the name %s', (name) => {
    expect(faultsOf(`name: ${name}\nversion: 1.0.0\n`)).toHaveLength(1);
  });

  it.each([
    ['', false],
    ['supports: linux', false],
    ['supports: [{platform-family: linux}, {platform: windows}]', false],
    ['supports: [{platform-family: redhat, release: "8.*"}]', false],
    ['supports: [{os-family: unix}]', false],
    ['supports: [{platform: docker-container}]', false],
    ['supports: []', false],
    ['supports: windows', true],
    ['supports: [{platform: aws}, {platform-name: Mac_OS_X}, {os_family: BSD}]', true],
    ['supports: [{os-family: linux, platform: windows}]', true],
    ['supports: [{inspec: ">= 1"}]', true],
  ])('%j rules out Linux: %s', (supports, excluded) => {
    expect(faultsOf(named(`${supports}\n`)).length === 1).toBe(excluded);
  });

  it.each([
    ['">= 4.6"', true],
    ['"~> 5.0"', true],
    ['"~> 5.24.0"', true],
    ['["> 4", "< 6"]', true],
    ['5', true],
    ['"= 5.24.24"', true],
    ['"< 5"', false],
    ['["> 4", "< 5"]', false],
    ['"~> 5.23.0"', false],
    ['"> 4, < 6"', false],
    ['"newest"', false],
  ])('inspec_version: %s is satisfied: %s', (requirement, satisfied) => {
    expect(faultsOf(named(`inspec_version: ${requirement}\n`)).length === 0).toBe(satisfied);
  });

  it.each([
    ['<%= `id` %>', 'has an ERB tag'],
    ['a: &x [1]\nb: *x', 'has an alias'],
    ['a: !ruby/object:Object {}', 'is not YAML that can be read'],
    ['a: "', 'is not YAML that can be read'],
    ['- a', 'must be an object'],
    ['', 'must be an object'],
    ['\xff', 'must be an object'],
    ['['.repeat(100_000), 'is nested too deep'],
    ['- '.repeat(50_000), 'is nested too deep'],
    [`a:\n${Array.from({ length: 300 }, (_, n) => `${' '.repeat(n)}a:\n`).join('')}`, 'is nested too deep'],
    ['!a '.repeat(50_000), 'more than 100 anchors and tags'],
    [`a: ${'x'.repeat(256 * 1024)}`, 'bytes; at most 262144 are read'],
    ['a: '.repeat(50_000), 'is nested too deep'],
    [`[${': '.repeat(50_000)}]`, 'is nested too deep'],
  ])('refuses what cannot be read, case %#', (yml, detail) => {
    expect(faultsOf(yml)).toEqual([expect.stringMatching(/^inspec\.yml /)]);
    expect(faultsOf(yml)[0]).toContain(detail);
  });

  it('is taken with brackets in its texts', () => {
    expect(faultsOf(named(`title: "${'['.repeat(500)}"\nsummary: |\n${'  [ {\n'.repeat(500)}`))).toEqual([]);
  });
});

describe('the inputs that a profile declares', () => {
  it('are kept without their values', () => {
    const yml = named(`inputs:
  - {name: a, type: Numeric, required: true}
  - {name: password, sensitive: true, value: s3cret}
  - {name: list, type: Array, value: [1]}
  - {name: theirs, profile: other, value: 1}
`);
    expect(read(yml).metadata.inputs).toEqual([
      { name: 'a', type: 'Numeric', required: true, sensitive: false, hasDefault: false },
      { name: 'password', type: null, required: false, sensitive: true, hasDefault: true },
      { name: 'list', type: 'Array', required: false, sensitive: false, hasDefault: true },
    ]);
    expect(read(named('attributes: [{name: old, default: 1}]')).metadata.inputs).toMatchObject([{ name: 'old', hasDefault: true }]);
  });

  it.each([
    ['1', '/inputs must be a list'],
    ['[1]', '/inputs/0 must be an object'],
    ['[{type: String}]', '/inputs/0/name must be a text'],
    ['[{name: a, type: Number}]', '/inputs/0/type must be one of String, Numeric'],
  ])('%s is refused', (inputs, detail) => {
    expect(faultsOf(named(`inputs: ${inputs}\n`))[0]).toContain(`inspec.yml${detail}`);
  });
});

it('reads inputs as the auditor does: any case of a type, its short forms, and one that is declared twice', () => {
  const yml = named(`inputs:
  - {name: a, type: string, value: x}
  - {name: a, sensitive: true, type: num}
  - {name: b, type: REGEX, required: "false"}
  - {name: b}
`);
  expect(read(yml)).toMatchObject({
    faults: [],
    metadata: {
      inputs: [
        { name: 'a', type: 'Numeric', required: false, sensitive: true, hasDefault: true },
        { name: 'b', type: 'Regexp', required: true, sensitive: false, hasDefault: false },
      ],
    },
  });
});

it('takes as many inputs as may be, and no more', () => {
  const yml = (count: number): string =>
    named(`inputs: [${Array.from({ length: count }, (_, n) => `{name: i${n}, type: String}`).join(', ')}]`);
  expect(read(yml(2000)).metadata.inputs).toHaveLength(2000);
  expect(faultsOf(yml(2001))).toEqual(['inspec.yml/inputs has 2001 inputs; at most 2000']);
});

describe('dependencies', () => {
  const depends = named('depends:\n  - {name: base, url: "https://example.org/base.tar.gz"}\n');
  const lock = (source: string, more = ''): string =>
    `lockfile_version: 1\ndepends:\n- name: base\n  resolved_source: ${source}\n${more}`;

  it('have to be vendored: in the lock, and in the folder', () => {
    const how = /run `inspec vendor --overwrite`/;
    const [missing] = faultsOf(depends);
    expect(missing).toMatch(/^inspec.yml\/depends\/0 depends on base, which is not vendored/);
    expect(missing).toMatch(how);
    expect(faultsOf(depends, { 'inspec.lock': lock(`{sha256: ${SHA}}`) })[0]).toMatch(/^inspec.lock names base, and vendor\/ does not have it/);
    for (const file of [`vendor/${SHA}.tar.gz`, `vendor/${SHA}.zip`, `vendor/${SHA}/inspec.yml`]) {
      expect(faultsOf(depends, { 'inspec.lock': lock(`{sha256: ${SHA}}`), [file]: 'x' })).toEqual([]);
    }
  });

  it('of git are vendored by their commit, and may have dependencies of their own', () => {
    const ref = 'c0ffee'.padEnd(40, '0');
    const inner = `  dependencies:\n  - name: deeper\n    resolved_source: {sha256: ${SHA}}\n`;
    const files = { 'inspec.lock': lock(`{git: x, ref: ${ref}}`, inner), [`vendor/${ref}/inspec.yml`]: 'x' };
    expect(faultsOf(depends, files)[0]).toMatch(/^inspec.lock names deeper/);
    expect(faultsOf(depends, { ...files, [`vendor/${SHA}.tar.gz`]: 'x' })).toEqual([]);
  });

  it.each([
    ['1', 'must be a list'],
    ['[1]', 'must be an object with a name'],
    ['[{path: ../x}]', 'must be an object with a name'],
  ])('%s is refused', (given, detail) => expect(faultsOf(named(`depends: ${given}\n`))[0]).toContain(detail));

  it('cannot be told from a lock that is none', () => {
    expect(faultsOf(depends, { 'inspec.lock': '[' })[0]).toBe('inspec.lock is not what `inspec vendor` writes');
    expect(faultsOf(depends, { 'inspec.lock': lock('{sha256: "../../x"}') })[0]).toMatch(/names base/);
  });
});

describe('a requirement of RubyGems', () => {
  it.each([
    ['5.24.24', '~> 5', true],
    ['5.24.24', '~> 4', false],
    ['6.0.0', '~> 5', false],
    ['5.24.24', '~> 5.24.24', true],
    ['5.24.24', '~> 5.24.25', false],
    ['5.24.24', '!= 5.24.24', false],
    ['5.24.24', '>=5.24.24', true],
    ['5.24.24', '> 5.24.24.pre', true],
    ['5.24.24', '5.24.24.0', true],
    ['5.24.24', '< 5.24.24-rc1', false],
    ['5.24.24', '<= 5.100', true],
    ['5.24.24', '>> 5', null],
    ['5.24.24', '', null],
    ['5.24.24', '>= x', null],
  ])('%s %s: %s', (version, requirement, satisfied) => {
    expect(satisfiesGem(version, requirement)).toBe(satisfied);
  });
});

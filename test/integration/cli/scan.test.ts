import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ScanDto } from '../../../src/scans/scan.dto.js';
import { eventually } from '../../support/eventually.js';
import { ADMIN_KEY } from '../../support/environment.js';
import { xmlDocument } from '../../support/xml.js';
import { gate, TARGET_IMAGE } from '../worker/memory-scanner.js';
import { Cable, CliScene } from './cli-scene.js';

const SCAN = ['scan', '--image', TARGET_IMAGE, '--profile', 'container-baseline'];
const WAIT = [...SCAN, '--wait'];
/** What the report of the test's scanner keeps, and what it does not. */
const KEPT = ['-I', '{passed.total.min: 1}'];
const BROKEN = ['-I', '{failed.total.max: 0}, {passed.total.min: 1}'];

let scene: CliScene;
beforeAll(async () => {
  scene = await CliScene.open();
});
beforeEach(() => scene.behave({}));
afterAll(() => scene.close());

const countScans = (): Promise<number> => scene.api.prisma.scan.count();
async function newestScan(): Promise<ScanDto> {
  const { body } = await scene.api.ask<{ items: ScanDto[] }>('GET', '/v1/scans?limit=1');
  if (body.items[0] === undefined) throw new Error('there is no scan');
  return body.items[0];
}

describe('sidescan scan', () => {
  it('--wait: 0 if the threshold is kept, and quiet in a pipe', async () => {
    const { code, stdout, stderr } = await scene.run([...WAIT, ...KEPT]);
    const { id } = await newestScan();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^scan ${id}: completed\nPASSED  ${TARGET_IMAGE}: compliance .* %, passed \\d+`));
  });

  it('--wait: 1 if it is not, with every breach', async () => {
    const { code, stdout, stderr } = await scene.run([...WAIT, ...BROKEN]);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(/\nFAILED .*\n {8}failed\.total\.max: at most 0, found \d+: \S+/);
  });

  it('--format json prints the scan as the API has it, junit a case a bound', async () => {
    const ran = await scene.run([...WAIT, ...BROKEN, '--format', 'json']);
    const scan = JSON.parse(ran.stdout) as ScanDto;
    expect([ran.code, scan]).toEqual([1, await scene.api.scan(scan.id)]);
    const junit = await scene.run([...WAIT, ...BROKEN, '-f', 'junit']);
    const [suite] = (await xmlDocument(junit.stdout, 'junit.xsd')).children;
    expect([junit.code, suite?.attributes]).toMatchObject([1, { name: TARGET_IMAGE, tests: '2', failures: '1' }]);
  });

  it('without --wait: 0 when it is accepted, with everything that was asked for', async () => {
    const held = gate();
    scene.behave({ until: held.opened });
    const options = [
      '--label',
      'team=shop',
      '--label',
      'note=a=b',
      '--timeout',
      '77',
      '--allow',
      'nginx',
      '--allow',
      'sh',
    ];
    const more = ['--security-mode', 'baseline', '--pull-secret', 'registry'];
    const { code, stdout, stderr } = await scene.run([...SCAN, ...options, ...more, ...KEPT]);
    const scan = await newestScan();
    expect([code, stdout, stderr]).toEqual([0, `scan ${scan.id}: queued\n`, '']);
    expect(scan).toMatchObject({
      labels: { team: 'shop', note: 'a=b' },
      timeoutSeconds: 77,
      allowTargetCommands: ['nginx', 'sh'],
      securityMode: 'baseline',
      target: { pullSecret: 'registry' },
      threshold: { 'passed.total.min': 1 },
    });
    held.open();
  });

  it('takes a threshold from a file, or by its name', async () => {
    const text = 'passed:\n  total: { min: 1 }\n';
    expect(await scene.run([...WAIT, '-T', await scene.file('t.yml', text)])).toMatchObject({ code: 0, stderr: '' });
    expect((await newestScan()).threshold).toBe(text);
    await scene.api.ask('PUT', '/v1/thresholds/gate', { body: { threshold: 'failed.total.max: 0' } });
    expect(await scene.run([...WAIT, '--threshold-name', 'gate'])).toMatchObject({ code: 1, stderr: '' });
    expect((await newestScan()).thresholdName).toBe('gate');
  });

  it('takes inputs and waivers, secrets from files only', async () => {
    const held = gate();
    scene.behave({ until: held.opened });
    const inputs = await scene.file('inputs.yml', 'names: [a, b]\nmax: 1\n');
    const more = await scene.file('more.json', '{"max": 2}');
    const secrets = await scene.file('secrets.yml', 'password: long-enough-secret\n');
    // A control of the profile that the test's scanner reads.
    const waivers = await scene.file(
      'waivers.yml',
      'one:\n  justification: known\n  expiration_date: 2099-01-01\n  run: false\n',
    );
    const files = [
      '--input-file',
      inputs,
      '--input-file',
      more,
      '--sensitive-input-file',
      secrets,
      '--waiver-file',
      waivers,
    ];
    const values = ['--input', 'flag=true', '--input', 'version=1.10', '--input', 'n=-5', '--input', 'text=a=b'];
    const { code, stderr } = await scene.run([...SCAN, ...files, ...values]);
    expect([code, stderr]).toEqual([0, '']);
    const { id } = await newestScan();
    const row = await scene.api.prisma.scan.findUniqueOrThrow({ where: { id } });
    expect(row).toMatchObject({
      inputs: { names: ['a', 'b'], max: 2, flag: true, version: '1.10', n: -5, text: 'a=b' },
      sensitiveInputNames: ['password'],
      waivers: { one: { justification: 'known', expirationDate: '2099-01-01', run: false } },
    });
    held.open();
  });

  it('without a threshold there is no verdict, and it says so', async () => {
    const { code, stdout, stderr } = await scene.run(WAIT);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nNONE .*no threshold, no verdict\n$/);
    expect(stderr).toBe('sidescan: no threshold was given: nothing was judged\n');
  });

  it('takes a version of a profile', async () => {
    const args = ['scan', '--image', TARGET_IMAGE, '--profile', 'container-baseline@0.0.1'];
    const { code, stderr } = await scene.run(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining('/profile/version')]);
  });

  it('shows every state on a terminal', async () => {
    const command = [process.execPath, join(import.meta.dirname, '../../../dist/cli/main.js'), ...WAIT, ...KEPT];
    const quoted = command.map((word) => `'${word}'`).join(' ');
    const env = { PATH: process.env['PATH'], SIDESCAN_URL: scene.api.url, SIDESCAN_API_KEY: ADMIN_KEY };
    const child = spawn('script', ['-qec', quoted, '/dev/null'], { env, cwd: scene.dir });
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    expect(shown).toMatch(/0\.0 s {2}queued {2}scan_/);
    expect(shown).toMatch(/s {2}completed\r?\n/);
  });
});

describe('ends with 2', () => {
  it('when the scan fails, with its cause', async () => {
    scene.behave({ receipt: () => null });
    const { code, stdout, stderr } = await scene.run([...WAIT, ...KEPT]);
    expect(code).toBe(2);
    expect(stdout).toMatch(/: failed\nERROR .*SCANNER_KILLED: /);
    expect(stderr).toMatch(/^sidescan: the scan scan_\w+ failed: SCANNER_KILLED: /);
  });

  it('when somebody else cancels it', async () => {
    const held = gate();
    scene.behave({ until: held.opened });
    const before = await countScans();
    const { ended } = scene.start([...WAIT, ...KEPT]);
    await eventually('a scan more', async () => (await countScans()) === before + 1);
    await scene.api.ask('DELETE', `/v1/scans/${(await newestScan()).id}`);
    expect(await ended).toMatchObject({ code: 2, stderr: expect.stringContaining('is canceled') as string });
    held.open();
  });

  it('when it is refused, with every fault and its field', async () => {
    const wrong = ['--image', 'UPPER/case', '--profile', 'nothing-here', '--label=-=x', '--timeout', '1'];
    const { code, stdout, stderr } = await scene.run(['scan', ...wrong, '--threshold-name', 'nowhere']);
    expect([code, stdout]).toEqual([2, '']);
    const lines = stderr.trim().split('\n');
    expect(lines[0]).toBe('sidescan: The request is not valid (422)');
    for (const field of ['/target/image', '/profile/name', '/labels/-', '/timeoutSeconds', '/threshold/name'])
      expect(lines.some((line) => line.startsWith(`sidescan:   ${field}  `))).toBe(true);
    expect(lines).toHaveLength(6);
  });

  it.each([
    ['a misspelt threshold', ['-I', '{faild.total.max: 0}'], /threshold: faild\.total\.max: is unknown/],
    ['a threshold that is only a name', ['-T', 'name.yml'], /threshold: a threshold is a mapping/],
    [
      'no file of that name',
      ['-T', 'dir/nowhere.yml'],
      /the threshold dir\/nowhere\.yml cannot be read: there is no such file\n$/,
    ],
    [
      'a name where a file belongs',
      ['-T', 'production'],
      /there is no file production; .*--threshold-name production\n$/,
    ],
    ['two thresholds', ['-I', '{failed.total.max: 0}', '--threshold-name', 'x'], /only one of/],
    ['a label without a value', ['--label', 'team'], /KEY=VALUE/],
    ['a label twice', ['--label', 'a=1', '--label', 'a=2'], /the label a is given twice/],
    ['a key among the arguments', ['--key', ADMIN_KEY], /there is no option --key/],
    ['a key file that is not there', ['--key-file', 'nowhere'], /the key file nowhere cannot be read/],
    ['an address that is none', ['--url', 'ftp://x'], /http:\/\/… or https:\/\/…/],
    ['a time that is none', ['--timeout', '5m'], /number of seconds/],
    ['an unknown mode', ['--security-mode', 'lax'], /one of general, baseline, restricted/],
    ['an input without a value', ['--input', 'a'], /--input is NAME=VALUE/],
    ['no file of inputs', ['--input-file', 'nowhere'], /the file nowhere cannot be read|nowhere/],
    ['inputs that are a list', ['--input-file', 'list.yml'], /the file list\.yml holds a list, not values by name/],
    ['waivers that are no YAML', ['--waiver-file', 'bad.yml'], /the file bad\.yml is no YAML/],
    ['two profiles', ['--digest', 'sha256:0'], /which profile/],
  ])('for %s, before anything is sent', async (_, args, message) => {
    await scene.file('name.yml', 'production');
    await scene.file('list.yml', '- a');
    await scene.file('bad.yml', 'a: [');
    const before = await countScans();
    const { code, stdout, stderr } = await scene.run([...SCAN, ...args]);
    expect([code, stdout, await countScans()]).toEqual([2, '', before]);
    expect(stderr).toMatch(message);
  });

  it('without a key, with a wrong one, and with one that lacks the scope', async () => {
    expect(await scene.run(SCAN, { SIDESCAN_API_KEY: '' })).toMatchObject({ code: 2, stdout: '' });
    const wrong = await scene.run(SCAN, { SIDESCAN_API_KEY: 'sk_wrong' });
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('(401)') as string });
    const { key } = await scene.api.newKey(['scans:read']);
    const file = await scene.file('key', `${key}\n`);
    const lacking = await scene.run([...SCAN, '--key-file', file]);
    expect(lacking).toMatchObject({ code: 2, stderr: expect.stringContaining('scans:write') as string });
    expect(lacking.stderr + wrong.stderr).not.toMatch(/sk_/);
  });

  it.each([
    ['nobody listens', 'http://127.0.0.1:2', /cannot be reached: [^;]*ECONNREFUSED.*\n$/],
    ['there is no such host', 'http://nowhere.invalid', /cannot be reached: [^;]*\n$/],
  ])('when %s', async (_, url, message) => {
    expect(await scene.run([...SCAN, '--url', url])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(message) as string,
    });
  });

  it('when another program answers', async () => {
    const { code, stderr } = await scene.run([...SCAN, '--url', `${scene.api.url}/docs`]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('(404)')]);
  });
});

describe('a connection that is lost', () => {
  let cable: Cable;
  beforeEach(async () => {
    cable = await Cable.to(scene.api.url);
  });
  afterEach(() => cable.close());

  it('while it waits is made again, and the scan found as it has ended', async () => {
    const held = gate();
    scene.behave({ until: held.opened });
    const before = await countScans();
    const { ended } = scene.start([...WAIT, ...BROKEN, '--url', cable.url]);
    await eventually('a scan more', async () => (await countScans()) === before + 1);
    const { id } = await newestScan();
    await eventually('scanning', async () => (await scene.api.scan(id)).state === 'scanning');
    cable.down = true;
    cable.cut();
    held.open();
    await eventually('completed', async () => (await scene.api.scan(id)).state === 'completed');
    cable.down = false;
    expect(await ended).toMatchObject({ code: 1, stderr: '' });
    expect(await countScans()).toBe(before + 1);
  });

  it('for longer than it is tried again ends with 2, and names the scan', async () => {
    const held = gate();
    scene.behave({ until: held.opened });
    const before = await countScans();
    const { ended } = scene.start([...WAIT, ...KEPT, '--url', cable.url, '--retry-for', '1']);
    await eventually('a scan more', async () => (await countScans()) === before + 1);
    const { id } = await newestScan();
    await eventually('scanning', async () => (await scene.api.scan(id)).state === 'scanning');
    cable.down = true;
    cable.cut();
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([2, expect.stringContaining(`the scan ${id} goes on without you`)]);
    held.open();
  });

  it('while it submits is not tried again: one scan would be two', async () => {
    const before = await countScans();
    cable.cutAfter = 0;
    const { code, stderr } = await scene.run([...WAIT, ...KEPT, '--url', cable.url]);
    expect([code, await countScans()]).toEqual([2, before + 1]);
    expect(stderr).toContain('whether the scan was submitted is not known');
  });
});

describe('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s cancels the scan that nobody waits for any more', async (signal) => {
    const held = gate();
    scene.behave({ until: held.opened });
    const before = await countScans();
    const { child, ended } = scene.start([...WAIT, ...KEPT]);
    await eventually('a scan more', async () => (await countScans()) === before + 1);
    const { id } = await newestScan();
    await eventually('scanning', async () => (await scene.api.scan(id)).state === 'scanning');
    child.kill(signal);
    const { code, stderr } = await ended;
    expect([code, (await scene.api.scan(id)).state]).toEqual([2, 'canceled']);
    expect(stderr).toBe(`sidescan: the scan ${id} is canceled\n`);
    held.open();
  });
});

it('help needs no server', () => {
  const main = join(import.meta.dirname, '../../../dist/cli/main.js');
  for (const args of [
    ['scan', '--help'],
    ['report', '-h'],
  ]) {
    const { status, stdout } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env: {} });
    expect([status, stdout]).toEqual([0, expect.stringMatching(`^Usage: sidescan ${args[0]} `)]);
  }
});

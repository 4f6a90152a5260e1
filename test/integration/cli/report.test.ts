import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPORT_FORMATS } from '../../../src/reports/format-name.js';
import { ADMIN_KEY } from '../../support/environment.js';
import { gunzipSync } from 'node:zlib';
import { REPORT, TARGET_IMAGE } from '../worker/memory-scanner.js';
import { Cable, CliScene } from './cli-scene.js';

/** A report of 1.2 MB: more than any buffer on the way holds. */
const LARGE = gunzipSync(
  readFileSync(join(import.meta.dirname, '../../fixtures/reports/real-ubuntu-16.04-baseline-results.json.gz')),
);

describe('sidescan report', () => {
  let scene: CliScene;
  let small: string;
  let large: string;
  beforeAll(async () => {
    scene = await CliScene.open();
    small = await scanned(REPORT);
    large = await scanned(LARGE);
  });
  afterAll(() => scene.close());

  async function scanned(report: Buffer): Promise<string> {
    scene.behave({ report });
    const args = ['scan', '--image', TARGET_IMAGE, '--profile', 'container-baseline', '--wait', '-f', 'json'];
    const { code, stdout, stderr } = await scene.run(args);
    if (code !== 0) throw new Error(stderr);
    return (JSON.parse(stdout) as { id: string }).id;
  }

  it('writes the very bytes of the auditor', async () => {
    for (const [id, report] of [
      [small, REPORT],
      [large, LARGE],
    ] as const) {
      const { code, stdout, stderr } = await scene.run(['report', id]);
      expect([code, stderr]).toEqual([0, '']);
      expect(Buffer.from(stdout, 'latin1').equals(report)).toBe(true);
    }
  });

  it.each(REPORT_FORMATS)('--format %s is what the API answers, on standard output and in a file', async (format) => {
    const answer = await fetch(`${scene.api.url}/v1/scans/${small}/report?format=${format}`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    const expected = Buffer.from(await answer.arrayBuffer());
    const { code, stdout } = await scene.run(['report', small, '--format', format]);
    expect([code, Buffer.from(stdout, 'latin1').equals(expected)]).toEqual([0, true]);
    const written = await scene.run(['report', small, '-f', format, '-o', `out.${format}`]);
    expect(written).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(join(scene.dir, `out.${format}`)).equals(expected)).toBe(true);
  });

  it('a reader that goes away is no error', async () => {
    const main = join(import.meta.dirname, '../../../dist/cli/main.js');
    const script = `node "${main}" report ${large} | head -c 10; exit "\${PIPESTATUS[0]}"`;
    const env = { ...process.env, SIDESCAN_URL: scene.api.url, SIDESCAN_API_KEY: ADMIN_KEY };
    const child = spawn('bash', ['-c', script], { env });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, stdout, stderr]).toEqual([0, LARGE.toString('utf8', 0, 10), '']);
  });

  it('writes into what is no file, and does not put a file in its place', async () => {
    const pipe = join(scene.dir, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const read = readFile(pipe);
    expect(await scene.run(['report', small, '-o', pipe])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await read).equals(REPORT)).toBe(true);
    expect(statSync(pipe).isFIFO()).toBe(true);
  });

  it('a report that breaks off is an error, and leaves no half of a file', async () => {
    const cable = await Cable.to(scene.api.url);
    cable.cutAfter = 300_000;
    const { code, stderr } = await scene.run(['report', large, '-o', 'half.json', '--url', cable.url]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('broke off')]);
    expect(existsSync(join(scene.dir, 'half.json'))).toBe(false);
    expect(readdirSync(scene.dir).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(await scene.run(['report', large, '--url', cable.url])).toMatchObject({ code: 2 });
    await cable.close();
  });

  it('what cannot be had is an error', async () => {
    const nowhere = 'scan_01jd00000000000000000000aa';
    for (const args of [
      [nowhere],
      ['../keys'],
      [small, '-o', 'no/such/folder'],
      [small, 'and-another'],
      [small, '-f', 'pdf'],
      [],
    ]) {
      const { code, stdout, stderr } = await scene.run(['report', ...args]);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^sidescan: /);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
  });
});

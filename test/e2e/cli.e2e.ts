import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADMIN_KEY } from '../support/environment.js';
import { testImage } from '../support/images.js';
import { type E2e, startE2e } from './e2e.js';

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');

let e2e: E2e;
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sidescan-cli-'));
  e2e = await startE2e();
});
afterAll(async () => {
  await e2e?.stop();
  rmSync(dir, { recursive: true });
});

async function sidescan(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env['PATH'], SIDESCAN_URL: e2e.service.url, SIDESCAN_API_KEY: ADMIN_KEY };
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: dir, env });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}

it('scans a container of the cluster from the command line, gates on a named threshold, and reads reports that are stored small', async () => {
  await e2e.service.request('PUT', '/v1/thresholds/gate', { threshold: 'failed.critical.max: 0\n' });
  const scan = ['scan', '--profile', 'container-baseline', '--threshold-name', 'gate', '--wait', '--format', 'json'];
  const planted = await sidescan(...scan, '--image', testImage('distroless-planted'));
  const clean = await sidescan(...scan, '--image', testImage('distroless-clean'));
  expect([planted.code, planted.stderr, clean.code, clean.stderr]).toEqual([1, '', 0, '']);
  for (const { stdout } of [planted, clean]) {
    const { id, report } = JSON.parse(stdout) as { id: string; report: { bytes: number } };
    expect(await sidescan('report', id, '-o', 'report.json')).toEqual({ code: 0, stdout: '', stderr: '' });
    const written = readFileSync(join(dir, 'report.json'));
    expect(written).toHaveLength(report.bytes);
    expect(written.equals(await e2e.storedReport(id))).toBe(true);
    expect((await sidescan('report', id, '--format', 'html')).stdout).toMatch(/^<!doctype html>/i);
  }
  const nowhere = await sidescan(...scan, '--image', 'registry.invalid/no/such:1');
  expect(nowhere.code).toBe(2);
  expect(nowhere.stderr).toMatch(/IMAGE_/);
});

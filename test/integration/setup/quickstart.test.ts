import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { Program } from '../../support/program.js';
import { freePort } from '../../support/redis.js';

// As a person without a cluster runs it: with Podman, and with services that it starts itself.
describe('npm run quickstart', { timeout: 240_000 }, () => {
  let data: string;
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'sidescan-quickstart-'));
  });
  afterAll(() => rm(data, { recursive: true, force: true }));

  function quickstart(...args: string[]): Program {
    const unset = { KUBECONFIG: undefined, SIDESCAN_RUNTIME: undefined, SIDESCAN_SCANNER_IMAGE: undefined };
    return Program.node(['scripts/quickstart.mjs', ...args], { ...unset, SIDESCAN_DATA: data, PORT: undefined });
  }

  it('scans a container and shows what came of it, then stops all that it started', async () => {
    const port = await freePort();
    const program = quickstart('--once', '--port', String(port));
    expect(await program.ended, program.output).toBe(0);
    const states = [...program.output.matchAll(/^ +[\d.]+ s {2}(\w+)$/gm)].map((match) => match[1]);
    expect(states[0]).toBe('queued');
    expect(states.at(-1)).toBe('completed');
    expect(program.output).toMatch(/58 controls: \d+ passed, [1-9]\d* failed, 0 skipped, 0 error/);
    expect(program.output).toContain('Verdict: failed');
    expect(program.output).toMatch(/failed\.critical\.max: .*container-3\.1/);
    expect(program.output).toMatch(/✓ stop +worker .*api .*redis .*postgres/);
    await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow();
    expect(statSync(join(data, 'admin-key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(data, 'encryption-key')).mode & 0o777).toBe(0o600);
  });

  it('serves until Ctrl-C, with what earlier starts stored, and prints a key and lines that work', async () => {
    const port = await freePort();
    const program = quickstart('--port', String(port));
    await eventually('it serves', () => program.output.includes('Ctrl-C stops everything'), 120);
    const key = /KEY=(\S+)/.exec(program.output)?.[1] ?? '';
    expect(key).toBe(readFileSync(join(data, 'admin-key'), 'utf8'));
    const answer = await fetch(`http://127.0.0.1:${port}/v1/scans`, { headers: { authorization: `Bearer ${key}` } });
    const { items } = (await answer.json()) as { items: { state: string }[] };
    expect(items.map((scan) => scan.state)).toEqual(['completed', 'completed']);
    expect((await fetch(`http://127.0.0.1:${port}/docs`)).status).toBe(200);

    const second = quickstart('--port', String(await freePort()));
    expect(await second.ended).toBe(1);
    expect(second.output).toContain('runs already');

    program.kill('SIGINT');
    expect(await program.ended).toBe(0);
    expect(existsSync(join(data, 'quickstart'))).toBe(false);
  });

  it('fails with the cause and exit code 1 where the scan cannot be made', async () => {
    const program = quickstart('--once', '--port', String(await freePort()), '--image', 'localhost/no-such-image:1');
    expect(await program.ended, program.output).toBe(1);
    expect(program.output).toMatch(/The scan ended as failed[^]*IMAGE_(NOT_FOUND|PULL_FAILED): /);
    expect(program.output).not.toContain('Verdict');
  });

  it('says at once that its port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const program = quickstart('--port', String(port));
    expect(await program.ended).toBe(1);
    expect(program.output).toContain(`Port ${port} of 127.0.0.1 is taken`);
    server.close();
  });

  it.each([[['--nope']], [['--port', '0']], [['--port', 'x']], [['scan']]])(
    'refuses %j with its help',
    async (args) => {
      const program = quickstart(...args);
      expect(await program.ended).toBe(1);
      expect(program.output).toContain('npm run quickstart [-- OPTIONS]');
    },
  );
});

// How long the command line takes to start: `npm run bench -- cli`. CPU time (user and system) and time on the wall of whole runs of the
// compiled program, the commands in turn, with Node alone beside them. The aim for the offline commands is 300 ms.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const ROUNDS = 9;
const MAIN = join(process.cwd(), 'dist/cli/main.js');
const REPORT = 'test/fixtures/reports/real-rhel-7-output.json.gz';

interface Way {
  name: string;
  args: string[];
  status: number;
  cpu: number[];
  wall: number[];
}

function once(way: Way, dir: string): void {
  const script = `TIMEFORMAT='%R %U %S'; time "$@" > out`;
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', process.execPath, ...way.args], {
    cwd: dir,
    encoding: 'utf8',
  });
  if (status !== way.status) throw new Error(`${way.name} ended with ${status}: ${stderr}`);
  const [wall = NaN, user = NaN, system = NaN] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  way.cpu.push(1000 * (user + system));
  way.wall.push(1000 * wall);
}

function line({ name, cpu, wall }: Way): string {
  const numbers = [cpu, wall].flatMap((times) => {
    const sorted = times.toSorted((a, b) => a - b);
    return [sorted[0], sorted[sorted.length >> 1]];
  });
  return `  ${name.padEnd(34)}${numbers.map((ms) => (ms ?? NaN).toFixed(0).padStart(12)).join('')}`;
}

const dir = mkdtempSync(join(tmpdir(), 'sidescan-bench-'));
const report = gunzipSync(readFileSync(REPORT));
writeFileSync(join(dir, 'report.json'), report);
const way = (name: string, args: string[], status: number): Way => ({ name, args, status, cpu: [], wall: [] });
const ways = [
  way('node alone', ['--eval', ''], 0),
  way('--help', [MAIN, '--help'], 0),
  way('summary', [MAIN, 'summary', 'report.json'], 0),
  way('evaluate', [MAIN, 'evaluate', 'report.json', '-I', '{failed.total.max: 0}'], 1),
];
for (let round = 0; round < ROUNDS; round++) for (const one of ways) once(one, dir);
console.log(`A report of ${(report.length / 1e6).toFixed(1)} MB, ${ROUNDS} rounds, milliseconds`);
console.log(
  `  ${''.padEnd(34)}${['CPU least', 'CPU median', 'wall least', 'wall median'].map((cell) => cell.padStart(12)).join('')}`,
);
for (const one of ways) console.log(line(one));
rmSync(dir, { recursive: true });

// What a report costs where it is stored: `npm run bench -- storage`. Of every published sample: its bytes as the auditor wrote them, their
// gzip as it comes from the scanner, and what is stored for the first report of a profile (its gzip as the dictionary, and itself) and for
// a second one. Where the samples hold two runs of a profile the second is that; else it is made of the first: every time and duration is
// another one, and every twentieth test that passed fails with a message. What is stored is unpacked again and compared.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { packReport, unpackReport } from '../src/reports/storage/packed-report.js';

const FIXTURES = join(process.cwd(), 'test/fixtures/reports');
const AIM = 15;
/** Two runs of one profile. */
const RUNS: Record<string, string> = {
  'real-aws_report_worse': 'real-aws_report_better',
  'real-bad_nginx': 'real-good_nginxresults',
};

interface Result {
  status?: string;
  message?: string;
  run_time?: number;
  start_time?: string;
}
interface Document {
  statistics?: { duration?: number };
  profiles: { controls: { results?: Result[] }[] }[];
}

/** The same bytes every time the bench runs, and others for every name. */
function noise(name: string): () => number {
  let n = 0;
  return () => createHash('sha256').update(`${name} ${n++}`).digest().readUInt32LE(0) / 2 ** 32;
}

function run(report: Buffer, name: string): Buffer {
  const random = noise(name);
  const document = JSON.parse(report.toString()) as Document;
  if (document.statistics) document.statistics.duration = random() * 10;
  for (const result of document.profiles.flatMap(({ controls }) => controls.flatMap(({ results = [] }) => results))) {
    if (result.run_time !== undefined) result.run_time = random() / 100;
    if (result.start_time !== undefined)
      result.start_time = new Date(1.8e12 + random() * 6e4).toISOString().replace(/\.\d+Z/, '+00:00');
    if (result.status !== 'passed' || random() > 0.05) continue;
    result.status = 'failed';
    result.message = `expected ${random().toString(36)} to be there`;
  }
  return Buffer.from(JSON.stringify(document));
}

function fixture(name: string): Buffer {
  const file = readdirSync(FIXTURES).find((entry) => entry.replace(/\.json(\.gz)?$/, '') === name) ?? name;
  const bytes = readFileSync(join(FIXTURES, file));
  return file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

function timed<T>(work: () => T): { value: T; ms: number } {
  const started = performance.now();
  const value = work();
  return { value, ms: performance.now() - started };
}

const row = (name: string, cells: (string | number)[]): string =>
  `  ${name.padEnd(46)}${cells.map((cell) => String(cell).padStart(11)).join('')}`;

const names = readdirSync(FIXTURES)
  .map((file) => file.replace(/\.json(\.gz)?$/, ''))
  .filter((name) => name.startsWith('real-'));
const ratios: number[] = [];
const totals = { raw: 0, gzip: 0, ours: 0 };
console.log(
  row('second report of a profile, bytes', ['raw', 'gzip', 'ours', 'raw/gzip', 'raw/ours', 'pack ms', 'unpack ms']),
);
for (const name of names) {
  const second = RUNS[name] === undefined ? run(fixture(name), `${name} second`) : fixture(name);
  const first = RUNS[name] === undefined ? run(fixture(name), `${name} first`) : fixture(RUNS[name]);
  const gzip = gzipSync(second).length;
  const identity = { bytes: second.length, sha256: createHash('sha256').update(second).digest('hex') };
  packReport(second, first);
  const packed = timed(() => packReport(second, first));
  const unpacked = timed(() => unpackReport(packed.value, first, identity));
  if (!unpacked.value.equals(second)) throw new Error(`${name} is not what it was`);
  const ours = Math.min(packed.value.length, gzip);
  const cells = [
    (second.length / gzip).toFixed(1),
    (second.length / ours).toFixed(1),
    packed.ms.toFixed(0),
    unpacked.ms.toFixed(0),
  ];
  console.log(
    row(`${name}${RUNS[name] === undefined ? '' : ' (two real runs)'}`, [second.length, gzip, ours, ...cells]),
  );
  ratios.push(second.length / ours);
  totals.raw += second.length;
  totals.gzip += gzip;
  totals.ours += ours;
}
const sorted = ratios.toSorted((a, b) => a - b);
console.log(
  row('all', [
    totals.raw,
    totals.gzip,
    totals.ours,
    (totals.raw / totals.gzip).toFixed(1),
    (totals.raw / totals.ours).toFixed(1),
  ]),
);
console.log(
  `  raw/ours: least ${sorted[0]?.toFixed(1)}, median ${sorted[sorted.length >> 1]?.toFixed(1)}; aim ${AIM} at least`,
);

const sample = fixture('real-rhel-7-output');
const dictionary = gzipSync(sample).length;
const itself = packReport(sample, sample).length;
console.log(
  `  the first report of a profile (${sample.length} bytes raw): ${dictionary} as dictionary, ${itself} itself`,
);

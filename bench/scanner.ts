// What a scan costs beside its target, against the same auditor inside it with its own local transport: `npm run bench -- scanner [PAIRS]`.
// Both tell at their end what they used, pair by pair on one Debian image: CPU time with that of every process they started; the peak of the
// auditor's resident memory and, of the scanner, what its other process has of its own. Then the time of a command through hold, against a shell
// of the target's own through `podman exec`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packProfile } from '../src/profiles/profile-archive.js';
import { scannerImage } from '../test/support/images.js';
import { profileArchive } from '../test/support/profile-archive.js';

const NAME = `sidescan-bench-${process.pid}`;
/** Holds the process namespace that target and scanner share, as the infra container of a pod. */
const INFRA = `${NAME}-infra`;
const LINES = ['true', 'grep -c root /etc/passwd', 'find /etc -xdev -type f | sort | head -3'];
const TIMES = 30;
const AT_EXIT = `at_exit do
  times = Process.times
  peak = File.read("/proc/self/status")[/VmHWM:\\s+(\\d+)/, 1].to_i
  parent = Process.ppid.positive? ? File.read("/proc/#{Process.ppid}/smaps_rollup") : ""
  peak += parent.scan(/^Private_(?:Clean|Dirty):\\s+(\\d+)/).sum { |kibibytes,| kibibytes.to_i }
  File.write("/bench/usage.#{Process.pid}", "#{times.utime + times.stime + times.cutime + times.cstime} #{peak}")
end
`;
const COMMANDS = `$LOAD_PATH.unshift "/opt/sidescan/lib"
require "json"
require "sidescan/hold/client"
client = Sidescan::Hold::Client.new("/sidescan/run/hold.sock")
now = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC, :float_millisecond) }
puts JSON.generate(ARGV.map { |line| Array.new(${TIMES}) { start = now.call; client.run(line, deadline_ms: 10_000); now.call - start } })
`;
const PLAIN = `control 'plain' do
  describe file('/etc/passwd') do
    it { should exist }
  end
end
`;

interface Usage {
  cpuSeconds: number;
  peakMiB: number;
}

function podman(...args: string[]): string {
  return execFileSync('podman', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
}

class Pair {
  private readonly folder = mkdtempSync(join(tmpdir(), 'sidescan-bench-'));

  constructor(private readonly image: string) {
    for (const name of ['profile', 'work', 'toolbox', 'run', 'bench']) mkdirSync(join(this.folder, name));
    writeFileSync(join(this.folder, 'bench/at_exit.rb'), AT_EXIT);
    writeFileSync(join(this.folder, 'bench/commands.rb'), COMMANDS);
    podman(
      'run',
      '--rm',
      ...this.volumes('toolbox:/sidescan'),
      '--entrypoint=/opt/sidescan/bin/install-toolbox',
      scannerImage(),
      '/sidescan',
    );
    podman('run', '--detach', `--name=${INFRA}`, '--network=none', image);
  }

  give(profile: Buffer): void {
    writeFileSync(join(this.folder, 'profile/profile.tar.gz'), profile);
  }

  /** The auditor in a container of the image, with its local transport. */
  inside(): Usage {
    const volumes = this.volumes('bench:/bench', 'profile:/profile:ro', 'work:/work');
    const rights = ['--privileged', '--network=none', '--env=RUBYOPT=-r/bench/at_exit.rb'];
    this.expectStatus([100, 101, 0], () => {
      podman(
        'run',
        '--rm',
        ...rights,
        ...volumes,
        '--entrypoint=/opt/auditor/inside',
        this.image,
        '/profile/profile.tar.gz',
        '/work/inside.json',
      );
    });
    return this.usage();
  }

  /** The scanner beside a held container of the image. */
  beside(): Usage {
    this.hold();
    const options = [
      '--scan',
      'scan_bench',
      '--attempt',
      '1',
      '--container',
      'target',
      '--proof',
      'hold',
      '--deadline',
      '120',
    ];
    this.scanner('--env=RUBYOPT=-r/bench/at_exit.rb', scannerImage(), ...options);
    podman('rm', '--force', '--time=0', NAME);
    return this.usage();
  }

  /** Milliseconds of each of LINES, TIMES times, through hold and through `podman exec`. */
  commands(): { hold: number[][]; exec: number[][] } {
    this.hold();
    const hold = JSON.parse(
      this.scanner('--entrypoint=ruby', scannerImage(), '/bench/commands.rb', ...LINES),
    ) as number[][];
    const exec = LINES.map((line) =>
      Array.from({ length: TIMES }, () => {
        const begin = performance.now();
        podman('exec', NAME, '/bin/sh', '-c', line);
        return performance.now() - begin;
      }),
    );
    podman('rm', '--force', '--time=0', NAME);
    return { hold, exec };
  }

  remove(): void {
    podman('rm', '--force', '--ignore', '--time=0', NAME, INFRA);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private hold(): void {
    const volumes = this.volumes('toolbox:/sidescan:ro', 'run:/sidescan/run');
    const rights = ['--user=0', '--network=none', '--read-only', '--cap-drop=all', '--cap-add=DAC_READ_SEARCH'];
    podman(
      'run',
      '--detach',
      `--name=${NAME}`,
      `--pid=container:${INFRA}`,
      ...rights,
      ...volumes,
      '--entrypoint=/sidescan/hold',
      this.image,
    );
  }

  private scanner(...command: string[]): string {
    const volumes = this.volumes(
      'toolbox:/sidescan:ro',
      'run:/sidescan/run:ro',
      'bench:/bench',
      'profile:/profile:ro',
      'work:/work',
    );
    const rights = ['--user=0', '--network=none', '--read-only', '--cap-drop=all', '--cap-add=DAC_READ_SEARCH'];
    return podman('run', '--rm', `--pid=container:${INFRA}`, '--env=HOME=/work', ...rights, ...volumes, ...command);
  }

  private volumes(...pairs: string[]): string[] {
    return pairs.map((pair) => `--volume=${this.folder}/${pair}`);
  }

  /** Of the processes that ended since the last call: the CPU time of the first with its children, and the auditor's peak with what its parent has. */
  private usage(): Usage {
    const folder = join(this.folder, 'bench');
    const files = readdirSync(folder).filter((name) => name.startsWith('usage.'));
    if (files.length === 0) throw new Error('no process said what it used');
    const most = { cpuSeconds: 0, peakMiB: 0 };
    for (const name of files) {
      const [seconds = NaN, kibibytes = NaN] = readFileSync(join(folder, name), 'utf8').split(' ').map(Number);
      most.cpuSeconds = Math.max(most.cpuSeconds, seconds);
      most.peakMiB = Math.max(most.peakMiB, kibibytes / 1024);
      rmSync(join(folder, name));
    }
    return most;
  }

  private expectStatus(wanted: number[], run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!wanted.includes((error as { status: number }).status)) throw error;
    }
  }
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? NaN) + (sorted[sorted.length >> 1] ?? NaN)) / 2;
}

function show(values: number[], digits: number): string {
  return `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`.padEnd(
    22,
  );
}

function compare(pair: Pair, name: string, pairs: number): void {
  const usages = Array.from({ length: pairs }, () => ({ beside: pair.beside(), inside: pair.inside() }));
  for (const [what, key, digits] of [
    ['CPU seconds', 'cpuSeconds', 2],
    ['peak MiB', 'peakMiB', 1],
  ] as const) {
    const values = (side: 'beside' | 'inside') => usages.map((usage) => usage[side][key]);
    const ratios = usages.map(({ beside, inside }) => beside[key] / inside[key]);
    console.log(
      `${name.padEnd(20)} ${what.padEnd(12)} ${show(values('beside'), digits)} ${show(values('inside'), digits)} ${show(ratios, 2)}`,
    );
  }
}

function image(): string {
  const script = 'images = TruthImages.new; puts images.debian';
  const said = execFileSync('ruby', ['-I', 'scanner/test/truth/lib', '-r', 'truth_images', '-e', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return said.trim();
}

async function main(pairs: number): Promise<void> {
  const pair = new Pair(image());
  try {
    console.log(
      `the scanner beside a Debian 12 target and the same auditor inside it, ${pairs} pairs; median (min–max)\n`,
    );
    console.log(
      `${'profile'.padEnd(20)} ${''.padEnd(12)} ${'beside'.padEnd(22)} ${'inside'.padEnd(22)} ratio beside / inside`,
    );
    const profiles = {
      trivial: await profileArchive({ 'inspec.yml': 'name: plain\nversion: 1.0.0\n', 'controls/plain.rb': PLAIN }),
      'container-baseline': (await packProfile('profiles/container-baseline')).bytes,
    };
    for (const [name, bytes] of Object.entries(profiles)) {
      pair.give(Buffer.from(bytes));
      compare(pair, name, pairs);
    }
    const { hold, exec } = pair.commands();
    console.log(`\n${'command, milliseconds'.padEnd(44)} ${'through hold'.padEnd(22)} podman exec`);
    LINES.forEach((line, i) => console.log(`${line.padEnd(44)} ${show(hold[i] ?? [], 1)} ${show(exec[i] ?? [], 1)}`));
  } finally {
    pair.remove();
  }
}

await main(Number(process.argv.at(1) ?? 5));

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { receiptFrame } from '../../../src/domain/receipt-frame.js';
import { isReport, parseFrames } from '../../../src/execution/frames.js';

const MIB = 1024 * 1024;

function framed(report: Buffer, change: Record<string, unknown> = {}, width = 8192): string[] {
  const gzip = gzipSync(report);
  const lines = gzip.toString('base64').match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  const sha256 = createHash('sha256').update(report).digest('hex');
  const header = {
    encoding: 'gzip+base64',
    bytes: report.length,
    gzipBytes: gzip.length,
    sha256,
    lines: lines.length,
    ...change,
  };
  return [
    `##sidescan report ${JSON.stringify(header)}`,
    ...lines.map((line, i) => `##sidescan ${i + 1} ${line}`),
    '##sidescan end',
  ];
}

const read = (lines: string[], limit = MIB) => parseFrames(Buffer.from(lines.join('\n')), limit);
const REPORT = Buffer.from('{"profiles":[]}'.repeat(50));

describe('frames of a report', () => {
  it('give back every report byte by byte, whatever lines stand between them', async () => {
    const noise = fc.string().map((text) => text.replaceAll('\n', ' ').replaceAll('##sidescan ', ''));
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 5_000 }),
        fc.array(noise, { maxLength: 10 }),
        fc.integer({ min: 20, max: 8192 }),
        fc.boolean(),
        async (bytes, others, width, windows) => {
          const lines = framed(Buffer.from(bytes), {}, width).flatMap((line, i) => [
            others[i % (others.length + 1)] ?? '',
            line,
          ]);
          const { report } = await parseFrames(Buffer.from(lines.join(windows ? '\r\n' : '\n')), MIB);
          expect(isReport(report) && report.bytes.equals(Buffer.from(bytes))).toBe(true);
        },
      ),
    );
  });

  it('never give a report for a log in which one character of a frame was changed, removed or doubled', async () => {
    const lines = framed(REPORT, {}, 40);
    const log = lines.join('\n');
    const original = (await parseFrames(Buffer.from(log), MIB)).report;
    expect(isReport(original)).toBe(true);
    await fc.assert(
      fc.asyncProperty(fc.nat(log.length - 1), fc.constantFrom('x', '', '\n', '00'), async (at, by) => {
        const changed = log.slice(0, at) + by + log.slice(at + 1);
        const { report } = await parseFrames(Buffer.from(changed), MIB);
        if (isReport(report)) expect(report.bytes.equals(REPORT)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throw on any bytes', async () => {
    const anyLine = fc.oneof(
      fc.string(),
      fc.string().map((text) => `##sidescan ${text}`),
      fc.constantFrom(...framed(REPORT)),
    );
    await fc.assert(fc.asyncProperty(fc.array(anyLine), async (lines) => void (await read(lines))));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (bytes) => void (await parseFrames(Buffer.from(bytes), MIB))),
    );
  });

  it.each<[string, string[], string]>([
    ['no frame at all', ['hello'], 'REPORT_MISSING'],
    ['no end', framed(REPORT).slice(0, -1), 'REPORT_DAMAGED'],
    ['no line', framed(REPORT).filter((line) => !line.startsWith('##sidescan 1 ')), 'REPORT_DAMAGED'],
    ['a line twice', [...framed(REPORT).slice(0, 2), ...framed(REPORT).slice(1)], 'REPORT_DAMAGED'],
    ['two reports', [...framed(REPORT), ...framed(REPORT)], 'REPORT_DAMAGED'],
    ['one line more than promised', framed(REPORT, { lines: 0 }), 'REPORT_DAMAGED'],
    ['another sha256', framed(REPORT, { sha256: '0'.repeat(64) }), 'REPORT_DAMAGED'],
    ['another size', framed(REPORT, { bytes: REPORT.length + 1 }), 'REPORT_DAMAGED'],
    ['a smaller size than it has (a bomb)', framed(Buffer.alloc(MIB), { bytes: 10 }), 'REPORT_DAMAGED'],
    ['another compressed size', framed(REPORT, { gzipBytes: 1 }), 'REPORT_DAMAGED'],
    ['another encoding', framed(REPORT, { encoding: 'zstd' }), 'REPORT_DAMAGED'],
    ['a count that is none', framed(REPORT, { lines: 1e9 }), 'REPORT_DAMAGED'],
    ['a header that is no JSON', ['##sidescan report {', ...framed(REPORT).slice(1)], 'REPORT_DAMAGED'],
    ['a frame that nobody writes', [...framed(REPORT), '##sidescan 0 AAAA'], 'REPORT_DAMAGED'],
    ['more than the limit', framed(Buffer.alloc(2 * MIB)), 'REPORT_TOO_LARGE'],
  ])('%s: %s is %s', async (_, lines, code) => {
    expect((await read(lines)).report).toMatchObject({ code });
  });

  it('are read in time linear in the log: 10 MiB of short lines and of one long line in less than 3 s', async () => {
    const started = Date.now();
    expect((await parseFrames(Buffer.from('##sidescan x\n'.repeat(800_000)), MIB)).report).toMatchObject({
      code: 'REPORT_MISSING',
    });
    expect((await parseFrames(Buffer.alloc(10 * MIB, '#'), MIB)).report).toMatchObject({ code: 'REPORT_MISSING' });
    expect(Date.now() - started).toBeLessThan(3_000);
  });

  it.each([-1, 0, 1])(
    'give a report that has its promised size only, also where that is %i off a round number',
    async (off) => {
      const size = 2 * MIB + off;
      const whole = await read(framed(Buffer.alloc(size, 'x')), size);
      expect(isReport(whole.report) && whole.report.bytes.length).toBe(size);
      for (const bytes of [size - 1, size + 1]) {
        const { report } = await read(framed(Buffer.alloc(size, 'x'), { bytes }), size + 1);
        expect(report).toMatchObject({ code: 'REPORT_DAMAGED' });
      }
      expect((await read(framed(Buffer.alloc(size, 'x')), size - 1)).report).toMatchObject({
        code: 'REPORT_TOO_LARGE',
      });
    },
  );

  it('are unpacked while the event loop goes on', async () => {
    const log = Buffer.from(framed(Buffer.alloc(32 * MIB, '{"a":1},')).join('\n'));
    let rounds = 0;
    const clock = setInterval(() => rounds++, 1);
    const { report } = await parseFrames(log, 32 * MIB);
    clearInterval(clock);
    expect(isReport(report)).toBe(true);
    expect(rounds).toBeGreaterThan(3);
  });
});

describe('the receipt frame', () => {
  it('is the last one, at the start of a line', () => {
    expect(receiptFrame(Buffer.from('##sidescan receipt {"a":1}\nx ##sidescan receipt {"b":2}\n'))).toBe('{"a":1}');
    expect(receiptFrame(Buffer.from('##sidescan receipt {"a":1}\n##sidescan receipt {"c":3}\r\n'))).toBe('{"c":3}');
    expect(receiptFrame(Buffer.from('##sidescan receipt {"a":1}'))).toBe('{"a":1}');
    expect(receiptFrame(Buffer.from('nothing'))).toBeNull();
    expect(receiptFrame(Buffer.alloc(0))).toBeNull();
  });
});

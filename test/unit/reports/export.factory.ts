import { EXPORT_FORMATS, type ExportName } from '../../../src/reports/export/export-formats.js';
import type { ExportInput } from '../../../src/reports/export/export-input.js';
import { evaluate } from '../../../src/results/evaluate.js';
import { parseReport } from '../../../src/results/parse-report.js';
import { judge } from '../../../src/thresholds/judge.js';
import { parseThreshold } from '../../../src/thresholds/parse-threshold.js';
import { control, profile, report, result } from '../results/report.factory.js';

/** Text that each format must keep from being more than text. */
export const HOSTILE = [
  `=cmd|' /C calc'!A0`,
  '</script><script>alert(1)</script>',
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  ']]> <!-- --> &lt; &#60; <?xml ?>',
  '[click](javascript:alert(1)) ![x](http://evil.example/x.png) <http://evil.example>',
  '| cell | `code` ``` fence\n```\n# heading\n- @everyone #1 https://evil.example www.evil.example',
  'nul \u0000 bell \u0007 escape \u001b[31m half \ud800 end',
  'left \u202egnp.exe',
  '+1 -1 @SUM(1)',
];

/** What an export is made of, from a report's bytes or JSON value. */
export function exportInput(
  source: Uint8Array | object,
  threshold: string | null = 'failed.total.max: 0',
): ExportInput {
  const read = parseReport(source instanceof Uint8Array ? source : JSON.stringify(source));
  const evaluation = evaluate(read, 'strict');
  const judgement = threshold === null ? null : judge(evaluation, parseThreshold(threshold, 'strict'), 'strict');
  const scan = {
    id: 'scan_1',
    target: 'registry.example:5000/shop/web:1.2@sha256:00ff',
    finishedAt: new Date('2026-01-02T03:04:05Z'),
  };
  return { report: read, evaluation, judgement, scan };
}

/** A report in which every text is hostile. */
export function hostileReport(): object {
  const controls = HOSTILE.map((text, i) =>
    control(`${text} ${i}`, [], {
      title: text,
      desc: text,
      impact: 0.7,
      code: text,
      tags: { nist: [text], cci: text, fix: text, check: text },
      descriptions: [{ label: 'rationale', data: text }],
      source_location: { ref: `../../${text}`, line: 3 },
      results: [
        result('failed', { code_desc: text, message: text }),
        result('passed', { code_desc: text }),
        result('skipped', { skip_message: text }),
      ],
      waiver_data: { justification: text },
    }),
  );
  return report([profile(HOSTILE.join(' '), controls)], {
    version: HOSTILE[1],
    platform: { name: HOSTILE[2], release: HOSTILE[3] },
  });
}

/** An export as the bytes that a client gets, read back as text. */
export function exported(name: ExportName, input: ExportInput): string {
  return Buffer.from([...EXPORT_FORMATS[name].write(input)].join(''), 'utf8').toString('utf8');
}

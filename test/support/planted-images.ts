import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate } from '../../src/results/evaluate.js';
import { parseReport } from '../../src/results/parse-report.js';

const IMAGES = join(import.meta.dirname, '../images');

/** The images with planted faults that the main job is proven on: one with a shell and packages, one with a single static binary. */
export const PLANTED_IMAGES = ['debian-planted', 'distroless-planted'] as const;
export type PlantedImage = (typeof PLANTED_IMAGES)[number];

/** Control id → status that the recipe of the image asks for, of every control of container-baseline. */
export function expectedAnswers(image: string): Record<string, string> {
  return JSON.parse(readFileSync(join(IMAGES, `${image}.expected.json`), 'utf8')) as Record<string, string>;
}

/** Control id → what each failed control must name, all of it. */
export function expectedFindings(image: string): Record<string, string[]> {
  return JSON.parse(readFileSync(join(IMAGES, `${image}.findings.json`), 'utf8')) as Record<string, string[]>;
}

/** Control id → status (mode strict) in a report as the auditor wrote it. */
export function statuses(report: Buffer): Record<string, string> {
  const { controls } = evaluate(parseReport(report), 'strict');
  return Object.fromEntries(controls.map((control) => [control.controlId, control.status]));
}

/** What is missing: findings that were planted and that the messages of their control do not name. */
export function missingFindings(image: string, report: Buffer): string[] {
  const parsed = JSON.parse(report.toString('utf8')) as {
    profiles: { controls: { id: string; results: { message?: string }[] }[] }[];
  };
  const messages = new Map(
    parsed.profiles.flatMap((profile) =>
      profile.controls.map((control) => [control.id, control.results.map((result) => result.message ?? '').join('\n')]),
    ),
  );
  return Object.entries(expectedFindings(image)).flatMap(([control, findings]) =>
    findings.filter((finding) => !messages.get(control)?.includes(finding)).map((finding) => `${control}: ${finding}`),
  );
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Summary } from '../../../src/results/summary.js';

const FIXTURES = new URL('../../fixtures/', import.meta.url);

/** One threshold and what the SAF CLI said of it. */
export interface ThresholdRow {
  id: string;
  kind: 'file' | 'inline';
  threshold: string | { rc: number; yaml: string };
  saf: 'pass' | 'fail' | 'error-exit0';
}

type SafStatus = 'Passed' | 'Failed' | 'Not Reviewed' | 'Not Applicable' | 'Profile Error';
/** profileIndex, id, status, severity, extendedByCount, rootProfileIndex, rootStatus, rootSeverity, waived. */
export type ControlRow = [number, string, SafStatus, string, number, number, SafStatus, string, 0 | 1];

/** What SAF and Heimdall answer for one report; all null where SAF does not read it. */
export interface Expected {
  readable_by_saf: boolean;
  saf_summary: (Omit<Summary, 'controls' | 'waived'> & { profileName: string })[] | null;
  all_profiles: {
    counts: Record<SafStatus, number>;
    severity: Record<string, number>;
    complianceDisplayed: string;
    complianceRaw: number;
  } | null;
  controls: ControlRow[] | null;
  thresholds: ThresholdRow[];
}

export interface Sample {
  name: string;
  bytes: Buffer;
  expected: Expected;
}

/** The bytes of one sample report, such as `quirk-02_waived`. */
export function sampleReport(name: string): Buffer {
  const plain = new URL(`reports/${name}.json`, FIXTURES);
  return existsSync(plain)
    ? readFileSync(plain)
    : gunzipSync(readFileSync(new URL(`reports/${name}.json.gz`, FIXTURES)));
}

/** All 52 samples with their answers. */
export function allSamples(): Sample[] {
  return readdirSync(new URL('expected/', FIXTURES))
    .sort()
    .map((file) => {
      const name = file.replace(/\.json\.gz$/, '');
      const expected = JSON.parse(
        gunzipSync(readFileSync(new URL(`expected/${file}`, FIXTURES))).toString(),
      ) as Expected;
      return { name, bytes: sampleReport(name), expected };
    });
}

import { ReportError } from './report.error.js';
import type { EvaluationMode } from './evaluation.js';
import type { Report, ReportControl } from './report.js';

/** One control in the file's order, with what it extends and whether something extends it. */
export interface Line {
  profile: number;
  control: number;
  data: ReportControl;
  /** The control whose tests this one takes over: an overlay's control extends the base's. */
  base: Line | null;
  extended: boolean;
}

/**
 * Links overlay controls to the ones they extend, in one pass over the file. In `saf`, controls of one id in profiles without any link are
 * one group as well (inspecjs, contextualizeEvaluation); `strict` keeps them apart, so that no failed control hides behind a passed one.
 */
export function linesOf(report: Report, mode: EvaluationMode, notes: string[]): Line[] {
  const parents = parentsOf(report, mode, notes);
  const lines: Line[] = [];
  report.profiles.forEach(({ controls }, profile) => {
    controls.forEach((data, control) => lines.push({ profile, control, data, base: null, extended: false }));
  });
  const bases = basesOf(parents, lines);
  const groups = mode === 'saf' ? groupBases(lines) : null;
  if (bases.size === 0 && groups === null) return lines;
  for (const line of lines) {
    const known = bases.get(line.profile);
    const isLinked = known !== undefined || parents[line.profile] !== null;
    const base = isLinked ? known?.get(line.data.id) : groups?.get(line.data.id);
    if (base === undefined || (!isLinked && base === line)) continue;
    line.base = base;
    base.extended = true;
  }
  return lines;
}

/** The end of a control's chain, with every chain walked once; throws `ReportError` for a chain that never ends (SAF dies of it). */
export function rootOf(line: Line, known: Map<Line, Line>): Line {
  if (line.base === null) return line;
  const path: Line[] = [];
  const seen = new Set<Line>();
  let at = line;
  while (at.base !== null && !known.has(at)) {
    if (seen.has(at))
      throw new ReportError(`profiles[${at.profile}].parent_profile`, 'the profiles extend each other in a circle');
    seen.add(at);
    path.push(at);
    at = at.base;
  }
  const root = known.get(at) ?? at;
  for (const step of path) known.set(step, root);
  return root;
}

/** The index of the profile that each profile belongs to, or null: the first profile of the name in `parent_profile`. */
function parentsOf(report: Report, mode: EvaluationMode, notes: string[]): (number | null)[] {
  const byName = new Map<string, number>();
  report.profiles.forEach((profile, at) => {
    if (!byName.has(profile.name)) byName.set(profile.name, at);
  });
  const parents = report.profiles.map((profile) =>
    profile.parentProfile === null ? null : (byName.get(profile.parentProfile) ?? null),
  );
  if (mode === 'strict') cutCircles(parents, report, notes);
  return parents;
}

/** Takes out one link of every circle: in a circle each control extends another one, and none at all would be counted. */
function cutCircles(parents: (number | null)[], report: Report, notes: string[]): void {
  const walk = new Array<number>(parents.length).fill(-1);
  for (let start = 0; start < parents.length; start++) {
    let at: number | null = start;
    while (at !== null && walk[at] === -1) {
      walk[at] = start;
      const next: number | null = parents[at] ?? null;
      if (next !== null && walk[next] === start) {
        notes.push(
          `profiles[${at}].parent_profile: ${report.profiles[at]?.name ?? ''} and its parents extend each other in a circle; the link is left out`,
        );
        parents[at] = null;
        break;
      }
      at = next;
    }
  }
}

/** For each profile that has children: the first control of each id in them, children in the file's order. */
function basesOf(parents: (number | null)[], lines: Line[]): Map<number, Map<string, Line>> {
  const bases = new Map<number, Map<string, Line>>();
  for (const parent of parents) if (parent !== null) bases.set(parent, new Map());
  if (bases.size === 0) return bases;
  for (const line of lines) {
    const known = bases.get(parents[line.profile] ?? -1);
    if (known !== undefined && !known.has(line.data.id)) known.set(line.data.id, line);
  }
  return bases;
}

/** For each id in the whole file: the first control that has results, else the first. */
function groupBases(lines: Line[]): Map<string, Line> {
  const groups = new Map<string, Line>();
  for (const line of lines) {
    const base = groups.get(line.data.id);
    if (base === undefined || (base.data.outcome === 'untested' && line.data.outcome !== 'untested'))
      groups.set(line.data.id, line);
  }
  return groups;
}

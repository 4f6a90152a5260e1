const VERSION = /^\d+(\.[0-9A-Za-z]+)*(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;
const REQUIREMENT = /^\s*(=|!=|>=|<=|~>|>|<)?\s*(\S+)\s*$/;

type Segment = number | string;

/** True if the version satisfies a requirement in the notation of RubyGems (`>= 4.6`, `~> 5.0`); null if it is none. */
export function satisfiesGem(version: string, requirement: string): boolean | null {
  const [, operator = '=', wanted] = REQUIREMENT.exec(requirement) ?? [];
  if (wanted === undefined || !VERSION.test(wanted)) return null;
  const order = compareGems(version, wanted);
  switch (operator) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    default:
      return order >= 0 && compareGems(release(version), bump(wanted)) < 0;
  }
}

/** As Gem::Version compares: numbers by value, letters (a prerelease) before any number. */
function compareGems(a: string, b: string): number {
  const [left, right] = [segments(a), segments(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [l, r] = [left[at] ?? 0, right[at] ?? 0];
    if (l === r) continue;
    if (typeof l !== typeof r) return typeof l === 'string' ? -1 : 1;
    return l < r ? -1 : 1;
  }
  return 0;
}

/** `5.0` → `6`, `5.0.1` → `5.1`: where `~>` ends. */
function bump(version: string): string {
  const numbers = numeric(version);
  const kept = numbers.length > 1 ? numbers.slice(0, -1) : numbers;
  return [...kept.slice(0, -1), (kept.at(-1) ?? 0) + 1].join('.');
}

function release(version: string): string {
  return numeric(version).join('.');
}

function numeric(version: string): number[] {
  const all = segments(version);
  const end = all.findIndex((part) => typeof part === 'string');
  return all.slice(0, end === -1 ? all.length : end) as number[];
}

/** `-` begins a prerelease, which RubyGems writes `.pre.`; letters and digits side by side are two segments. */
function segments(version: string): Segment[] {
  const parts = version.replaceAll('-', '.pre.').match(/\d+|[A-Za-z]+/g) ?? [];
  return parts.map((part) => (/^\d/.test(part) ? Number(part) : part));
}

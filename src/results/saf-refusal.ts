import { isRecord, kindOf } from './fields.js';
import type { Report, ReportFault } from './report.js';
import { EXEC_JSON, type Field, type Shape } from './saf-shape.js';

/**
 * What makes the SAF CLI refuse a report, or null: the shape that inspecjs 2.12 casts a whole file to, and what it trips over afterwards.
 * Not recursive beyond the shape, so a report cannot make it so.
 */
export function safRefusal(report: Report): ReportFault | null {
  if (report.byteOrderMark) return { path: '$', detail: 'a byte order mark stands before the report' };
  const wrong = wrongShape(report.document, EXEC_JSON, '');
  if (wrong !== null) return wrong;
  if (report.profiles.length === 0) return { path: 'profiles', detail: 'the report holds no profile' };
  return wrongTags(report.document['profiles'] as { controls: { tags: Record<string, unknown> }[] }[]);
}

function wrongShape(value: unknown, shape: Shape, path: string): ReportFault | null {
  if (!isRecord(value))
    return { path: path === '' ? '$' : path, detail: `should be an object and is ${kindOf(value)}` };
  for (const [key, field] of shape) {
    const own = Object.hasOwn(value, key) ? value[key] : undefined;
    const wrong = wrongField(own, field, path === '' ? key : `${path}.${key}`);
    if (wrong !== null) return wrong;
  }
  return null;
}

function wrongField(value: unknown, field: Field, path: string): ReportFault | null {
  if (value === undefined && field.optional) return null;
  if (value === null && field.nullable) return null;
  if (field.kinds.some((kind) => isOfKind(value, kind))) return null;
  if (field.shape !== undefined && isRecord(value)) return wrongShape(value, field.shape, path);
  if (field.items !== undefined && Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const wrong = wrongField(value[i], field.items, `${path}[${i}]`);
      if (wrong !== null) return wrong;
    }
    return null;
  }
  if (field.words !== undefined && field.words.includes(value as string)) return null;
  return { path, detail: `should be ${field.name} and is ${typeof value === 'string' ? 'other text' : kindOf(value)}` };
}

function isOfKind(value: unknown, kind: Field['kinds'][number]): boolean {
  return kind === 'object' ? isRecord(value) : typeof value === kind;
}

/** inspecjs calls string methods on these tags of every control, without asking what they are. */
function wrongTags(profiles: { controls: { tags: Record<string, unknown> }[] }[]): ReportFault | null {
  for (let p = 0; p < profiles.length; p++) {
    const controls = profiles[p]?.controls ?? [];
    for (let c = 0; c < controls.length; c++) {
      const wrong = wrongTag(controls[c]?.tags ?? {});
      if (wrong !== null) return { path: `profiles[${p}].controls[${c}].tags.${wrong}`, detail: 'should be a string' };
    }
  }
  return null;
}

const SEVERITY_WORDS: ReadonlySet<string> = new Set(['none', 'low', 'medium', 'high', 'critical']);

function wrongTag(tags: Record<string, unknown>): string | null {
  const nist = tags['nist'];
  if (Boolean(nist) && (Array.isArray(nist) ? nist : [nist]).some((entry) => typeof entry !== 'string')) return 'nist';
  for (const name of ['severityoverride', 'severity']) {
    const tag = tags[name];
    if (tag === undefined || tag === null) continue;
    if (typeof tag !== 'string') return name;
    if (SEVERITY_WORDS.has(tag.toLowerCase())) return null;
  }
  return null;
}

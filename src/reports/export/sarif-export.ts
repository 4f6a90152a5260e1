import { createHash } from 'node:crypto';
import type { Severity } from '../../results/evaluation.js';
import { type ControlDetail, detailsOf, type ExportInput, tagWords, textLabelled, worstFirst } from './export-input.js';
import { breachText } from './labels.js';
import { markdownBlock } from './markdown-text.js';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';
/** GitHub refuses a run with more results or rules, and shows the first 5,000: the worst come first. */
const MAX_RESULTS = 25_000;
const MAX_TAGS = 20;
const MAX_SHORT = 1024;
const MAX_LONG = 16 * 1024;

type Level = 'error' | 'warning' | 'note';
/** The level of a result, and the score by which GitHub sorts and names it. */
const RANKS: Readonly<Record<Severity, { level: Level; score: string }>> = {
  critical: { level: 'error', score: '9.5' },
  high: { level: 'error', score: '8.0' },
  medium: { level: 'warning', score: '5.5' },
  low: { level: 'note', score: '2.5' },
  none: { level: 'note', score: '0.0' },
};

/**
 * SARIF 2.1.0 for GitHub and others: a result for each control that failed or could not be judged, a rule for each that counts. Passed and
 * skipped controls are rules only, because GitHub makes an alert of every result, whatever its kind.
 */
export function* sarifExport(input: ExportInput): Generator<string> {
  const details = worstFirst(detailsOf(input));
  const rules = new Map<string, number>();
  yield `{"$schema":${JSON.stringify(SCHEMA)},"version":"2.1.0","runs":[{"tool":{"driver":`;
  yield* driver(input, details, rules);
  yield `},"automationDetails":{"id":${JSON.stringify(`sidescan/${targetName(input)}/`)}},"columnKind":"utf16CodeUnits"`;
  yield `,"invocations":${JSON.stringify([invocation(input)])},"properties":${JSON.stringify(runProperties(input))},"results":[`;
  yield* results(input, details, rules);
  yield ']}]}\n';
}

function* driver(input: ExportInput, details: readonly ControlDetail[], rules: Map<string, number>): Generator<string> {
  const version = input.report.version ?? '';
  yield `{"name":"CINC Auditor","informationUri":"https://cinc.sh/start/auditor/"`;
  if (version !== '') yield `,"version":${JSON.stringify(version)}`;
  yield ',"rules":[';
  for (const detail of details) {
    const id = ruleId(detail);
    if (rules.has(id) || rules.size >= MAX_RESULTS) continue;
    yield `${rules.size === 0 ? '' : ','}${JSON.stringify(ruleOf(id, detail))}`;
    rules.set(id, rules.size);
  }
  yield ']}';
}

function ruleOf(id: string, { evaluated, control }: ControlDetail): object {
  const { level, score } = RANKS[evaluated.severity as Severity];
  const title = shorten(evaluated.title?.trim() || evaluated.controlId, MAX_SHORT);
  const tags = [
    'compliance',
    `severity:${evaluated.severity}`,
    ...tagWords(control, 'nist'),
    ...tagWords(control, 'cci'),
  ];
  return {
    id,
    name: shorten(evaluated.controlId, 255),
    shortDescription: { text: title },
    fullDescription: { text: shorten(control.desc?.trim() || title, MAX_SHORT) },
    help: helpOf(control, title),
    defaultConfiguration: { level },
    properties: {
      tags: [...new Set(tags)].slice(0, MAX_TAGS),
      'security-severity': score,
      precision: 'high',
      impact: evaluated.impact,
    },
  };
}

function helpOf(control: ControlDetail['control'], title: string): { text: string; markdown: string } {
  const sections: [string, string | null][] = [
    ['Description', control.desc],
    ['Check', textLabelled(control, 'check')],
    ['Fix', textLabelled(control, 'fix')],
  ];
  const present = sections.flatMap(([name, text]) =>
    text === null || text.trim() === '' ? [] : [[name, text.trim()] as const],
  );
  if (present.length === 0) return { text: title, markdown: markdownBlock(title) };
  return {
    text: shorten(present.map(([name, text]) => `${name}\n${text}`).join('\n\n'), MAX_LONG),
    markdown: present.map(([name, text]) => `**${name}**\n\n${markdownBlock(shorten(text, MAX_LONG))}`).join('\n\n'),
  };
}

function* results(
  input: ExportInput,
  details: readonly ControlDetail[],
  rules: ReadonlyMap<string, number>,
): Generator<string> {
  const seen = new Map<string, number>();
  let count = 0;
  for (const detail of details) {
    const index = rules.get(ruleId(detail));
    const isFinding = detail.evaluated.status === 'failed' || detail.evaluated.status === 'error';
    if (!isFinding || index === undefined || count >= MAX_RESULTS) continue;
    const nth = (seen.get(ruleId(detail)) ?? 0) + 1;
    seen.set(ruleId(detail), nth);
    yield `${count === 0 ? '' : ','}${JSON.stringify(resultOf(input, detail, index, nth))}`;
    count++;
  }
}

function resultOf(input: ExportInput, detail: ControlDetail, ruleIndex: number, nth: number): object {
  const { evaluated } = detail;
  const { level } = RANKS[evaluated.severity as Severity];
  const isError = evaluated.status === 'error';
  const lead = isError ? 'Could not be judged' : 'Failed';
  return {
    ruleId: ruleId(detail),
    ruleIndex,
    kind: 'fail',
    // What could not be judged is not known to be wrong: a warning, whatever its severity.
    level: isError ? 'warning' : level,
    message: { text: `${lead}: ${evaluated.title?.trim() || evaluated.controlId}\n${evaluated.message ?? ''}`.trim() },
    locations: [locationOf(input, detail)],
    partialFingerprints: fingerprints(ruleId(detail), nth),
    properties: { status: evaluated.status, severity: evaluated.severity, profile: evaluated.profileName },
  };
}

/** GitHub wants a file: the one of the profile that holds the control. What was scanned is the logical location. */
function locationOf(input: ExportInput, { evaluated, control }: ControlDetail): object {
  const path = [evaluated.profileName, ...(control.source.ref ?? 'inspec.yml').split(/[/\\]+/)].filter(
    (part) => !/^\.*$/.test(part),
  );
  const line = control.source.line;
  return {
    physicalLocation: {
      artifactLocation: { uri: path.map((part) => uriPart(part)).join('/') || 'inspec.yml' },
      region: { startLine: line !== null && Number.isSafeInteger(line) && line > 0 ? line : 1 },
    },
    logicalLocations: [{ fullyQualifiedName: targetName(input), kind: 'resource' }],
  };
}

/** The same finding keeps its fingerprint whatever its message, its line or the order of the report. */
function fingerprints(id: string, nth: number): Record<string, string> {
  const hash = createHash('sha256').update(`${id}\n${nth}`).digest('hex');
  return { primaryLocationLineHash: `${hash.slice(0, 16)}:${nth}`, 'sidescanControl/v1': hash };
}

function invocation({ evaluation, scan }: ExportInput): object {
  return {
    executionSuccessful: evaluation.tested,
    ...(scan?.finishedAt ? { endTimeUtc: scan.finishedAt.toISOString() } : {}),
    toolExecutionNotifications: evaluation.notes.map((note) => ({ level: 'warning', message: { text: note } })),
  };
}

function runProperties({ evaluation, judgement, scan }: ExportInput): object {
  return {
    summary: evaluation.summary,
    ...(scan === null ? {} : { scan: scan.id }),
    ...(judgement === null ? {} : { verdict: judgement.verdict, breaches: judgement.breaches.map(breachText) }),
  };
}

/** With the profile's name, so that a rule keeps its id when another profile is scanned along. */
function ruleId({ evaluated }: ControlDetail): string {
  return shorten(`${evaluated.profileName}/${evaluated.controlId}`, 255);
}

/** Without a digest or tag, which change with every build: findings of one target are compared over time by this name. */
function targetName({ scan, report }: ExportInput): string {
  const name = scan?.target ?? report.platform.name ?? 'unknown';
  return name.replace(/@sha256:[0-9a-f]+$/, '').replace(/:[\w][\w.-]*$/, '') || 'unknown';
}

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** encodeURIComponent throws for half a surrogate pair. */
function uriPart(part: string): string {
  return encodeURIComponent(Buffer.from(part, 'utf8').toString('utf8'));
}

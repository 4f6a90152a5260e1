import { detailsOf, type ControlDetail, type ExportInput, tagWords, textLabelled } from './export-input.js';
import { STATUS_LABELS } from './labels.js';

const COLUMNS: readonly (readonly [string, (detail: ControlDetail) => string | number])[] = [
  ['profile', ({ evaluated }) => evaluated.profileName],
  ['control', ({ evaluated }) => evaluated.controlId],
  ['title', ({ evaluated }) => evaluated.title ?? ''],
  ['status', ({ evaluated }) => STATUS_LABELS[evaluated.status]],
  ['severity', ({ evaluated }) => evaluated.severity],
  ['impact', ({ evaluated }) => evaluated.impact],
  ['waived', ({ evaluated }) => (evaluated.waived ? 'yes' : 'no')],
  ['waiver', ({ control }) => control.waiver?.justification ?? ''],
  ['message', ({ evaluated }) => evaluated.message ?? ''],
  [
    'tests passed',
    ({ control }) => control.results.filter(({ status, broke }) => status === 'passed' && !broke).length,
  ],
  ['tests', ({ control }) => control.results.length],
  ['nist', ({ control }) => tagWords(control, 'nist').join(' ')],
  ['cci', ({ control }) => tagWords(control, 'cci').join(' ')],
  ['description', ({ control }) => control.desc ?? ''],
  ['check', ({ control }) => textLabelled(control, 'check') ?? ''],
  ['fix', ({ control }) => textLabelled(control, 'fix') ?? ''],
];

/** What a spreadsheet takes for a formula or a command, also behind blanks: OWASP's list, with the full-width forms. */
const FORMULA = /^[\s\u0000-\u001f]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/; // eslint-disable-line no-control-regex
const MAX_CELL = 32_767;

/** One line a control after RFC 4180, in the order of the report; an apostrophe stands before what a spreadsheet would run. */
export function* csvExport(input: ExportInput): Generator<string> {
  yield csvLine(COLUMNS.map(([name]) => name));
  for (const detail of detailsOf(input)) yield csvLine(COLUMNS.map(([, value]) => value(detail)));
}

function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map((cell) => (typeof cell === 'number' ? String(cell) : csvCell(cell))).join(',')}\r\n`;
}

/** Quoted text; what is longer than a spreadsheet's cell is cut there, or the rest would run into the next lines. */
function csvCell(text: string): string {
  const guarded = FORMULA.test(text) ? `'${text}` : text;
  const whole = guarded.replaceAll('\0', '\uFFFD');
  return `"${(whole.length > MAX_CELL ? `${whole.slice(0, MAX_CELL - 1)}…` : whole).replaceAll('"', '""')}"`;
}

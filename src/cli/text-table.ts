// eslint-disable-next-line no-control-regex -- what a terminal would obey instead of showing
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** Text from a report for a terminal: in one line, and without characters that a terminal obeys. */
export function terminalText(text: string): string {
  return text.replace(CONTROL, ' ');
}

/** Columns of equal width, the first to the left and numbers to the right, two spaces apart. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

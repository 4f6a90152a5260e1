import { csvExport } from './csv-export.js';
import type { ExportInput } from './export-input.js';
import { htmlExport } from './html-export.js';
import { junitExport } from './junit-export.js';
import { markdownExport } from './markdown-export.js';
import { sarifExport } from './sarif-export.js';

/** A format that is made from a report; `json` is not one, for it is the report's own bytes. */
export interface ExportFormat {
  mediaType: string;
  /** Of a file name, without the dot. */
  extension: string;
  /** Pieces of UTF-8 text, in order: a large report is never one string. */
  write: (input: ExportInput) => Generator<string>;
}

/** The formats by their name in `?format=`. */
export const EXPORT_FORMATS = {
  csv: { mediaType: 'text/csv; charset=utf-8; header=present', extension: 'csv', write: csvExport },
  junit: { mediaType: 'application/xml; charset=utf-8', extension: 'xml', write: junitExport },
  sarif: { mediaType: 'application/sarif+json', extension: 'sarif', write: sarifExport },
  html: { mediaType: 'text/html; charset=utf-8', extension: 'html', write: htmlExport },
  markdown: { mediaType: 'text/markdown; charset=utf-8', extension: 'md', write: markdownExport },
} as const satisfies Record<string, ExportFormat>;
export type ExportName = keyof typeof EXPORT_FORMATS;

import type { ExportName } from './export/export-formats.js';

/** The formats of a report by their name in `?format=`; `json` is the report as it was written. */
export const REPORT_FORMATS = ['json', 'csv', 'junit', 'sarif', 'html', 'markdown'] as const satisfies readonly (
  'json' | ExportName
)[];
export type ReportFormat = (typeof REPORT_FORMATS)[number];

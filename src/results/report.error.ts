/** A report that cannot be read: `path` is a JSON path (`$` for the whole), `detail` says what is wrong in plain words. */
export class ReportError extends Error {
  constructor(
    readonly path: string,
    readonly detail: string,
  ) {
    super(path === '$' ? detail : `${path}: ${detail}`);
    this.name = 'ReportError';
  }
}

/** What is stored of a report, or of the dictionary that it needs, cannot be read: it is missing, damaged, or another one. */
export class StoredReportError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StoredReportError';
  }
}

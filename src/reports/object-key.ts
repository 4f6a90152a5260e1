/**
 * Where a report is kept: by the SHA-256 (64 hex digits) of the bytes as the auditor wrote them, so that the same report is stored once.
 * What is stored there says itself how it is packed.
 */
export function reportKey(sha256: string): string {
  return `reports/sha256/${sha256.slice(0, 2)}/${sha256}`;
}

/** Where the dictionary of other reports is kept, by its SHA-256; what is stored is its gzip. */
export function dictionaryKey(sha256: string): string {
  return `dictionaries/sha256/${sha256.slice(0, 2)}/${sha256}.gz`;
}

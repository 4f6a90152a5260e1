/** Where a report is kept: by the SHA-256 (64 hex digits) of the bytes as the auditor wrote them; what is stored is their gzip. */
export function reportKey(sha256: string): string {
  return `reports/sha256/${sha256.slice(0, 2)}/${sha256}.json.gz`;
}

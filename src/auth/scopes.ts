export const SCOPES = ['scans:write', 'scans:read', 'profiles:write', 'admin'] as const;
/** What a key may do. None holds another: `admin` alone manages keys and reads no scan. */
export type Scope = (typeof SCOPES)[number];

/** Who asks: the key, its project, and what it may do. */
export interface Caller {
  keyId: string;
  projectId: string;
  scopes: readonly Scope[];
}

/** Object key of a project's archive: per project, so that removing one project's profile never takes another's bytes. */
export function profileObjectKey(projectId: string, digest: string): string {
  return `profiles/${projectId}/${digest.replace(/^sha256:/, '')}.tar.gz`;
}

import type { Scan, SecurityMode } from '../scans/scan.js';

/** The uid and gid of every container in restricted mode: not root, and the same, or the scanner could not open the target's root. */
export const RESTRICTED_ID = 65532;

const RUNTIME_DEFAULT = { seccompProfile: { type: 'RuntimeDefault' } };

/** Security context of the pod. Restricted mode is inside Pod Security "restricted", baseline inside "baseline", general in neither. */
export function podSecurity(mode: SecurityMode): Record<string, unknown> {
  if (mode !== 'restricted') return { ...RUNTIME_DEFAULT };
  return {
    ...RUNTIME_DEFAULT,
    runAsNonRoot: true,
    runAsUser: RESTRICTED_ID,
    runAsGroup: RESTRICTED_ID,
    fsGroup: RESTRICTED_ID,
  };
}

/**
 * Security context of one container of the scan pod. The kernel lets a process open another's /proc/PID/root if it has the same uid and
 * at least the same capabilities, or CAP_SYS_PTRACE; reading files of other users takes CAP_DAC_READ_SEARCH (or CAP_DAC_OVERRIDE).
 */
export function targetSecurity(
  container: 'toolbox' | 'target' | 'scanner',
  scan: Pick<Scan, 'securityMode' | 'target'>,
): Record<string, unknown> {
  const { securityMode: mode, target } = scan;
  const ownProgram = container === 'target' && target.run;
  const common = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: !ownProgram,
    privileged: false,
    ...RUNTIME_DEFAULT,
  };
  if (mode === 'restricted') {
    const user = { runAsNonRoot: true, runAsUser: RESTRICTED_ID, runAsGroup: RESTRICTED_ID };
    return { ...common, ...user, capabilities: { drop: ['ALL'] } };
  }
  // The image's own entry point gets the user of its image, and what a container has by default but one: in mode baseline the scanner has no more than
  // that and the same user, and the kernel lets a process look into another that has nothing which it lacks itself.
  if (ownProgram) return { ...common, capabilities: { drop: ['MKNOD'] } };
  return { ...common, runAsUser: 0, runAsGroup: 0, ...capabilities(container, mode, target.run) };
}

function capabilities(
  container: 'toolbox' | 'target' | 'scanner',
  mode: SecurityMode,
  run: boolean,
): Record<string, unknown> {
  if (container === 'toolbox') return { capabilities: { drop: ['ALL'] } };
  if (mode === 'baseline') {
    // Beside the image's own program the scanner needs at least that program's capabilities, which are the default ones.
    return run ? {} : { capabilities: { drop: ['ALL'], add: ['DAC_OVERRIDE'] } };
  }
  // A held target has the scanner's uid and no more capabilities than it (docs/decisions/0001): only another program's root takes SYS_PTRACE.
  const add = container === 'scanner' && run ? ['SYS_PTRACE', 'DAC_READ_SEARCH'] : ['DAC_READ_SEARCH'];
  return { capabilities: { drop: ['ALL'], add } };
}

/** Keys that the auditor knows in an entry of `supports`; an entry with any other matches nothing. */
const KEYS = ['os_family', 'platform_family', 'os', 'platform', 'os_name', 'platform_name', 'release'];
/** Platforms and families that are no Linux. Anything else may be a distribution that a container is of. */
const NOT_LINUX = new Set(
  (
    'windows darwin mac_os_x macos bsd freebsd openbsd netbsd dragonfly solaris sunos opensolaris omnios openindiana ' +
    'smartos nexentacore aix hpux qnx esx vmkernel vmware cisco cisco_ios cisco_ios_xe cisco_nexus arista_eos brocade ' +
    'cloud iaas api rest aws azure gcp alicloud oci digitalocean k8s kubernetes'
  ).split(' '),
);

/** True if the profile's `supports` rules out a Linux container whatever its distribution. */
export function excludesLinux(supports: unknown): boolean {
  const entries = Array.isArray(supports) ? (supports as unknown[]) : [supports];
  const meant = entries.filter((entry) => entry !== null && entry !== undefined && !Array.isArray(entry));
  return meant.length > 0 && meant.every(isOther);
}

function isOther(entry: unknown): boolean {
  // A bare word is the former notation of os-family.
  if (typeof entry !== 'object' || entry === null) return isNotLinux(entry);
  return Object.entries(entry).some(([key, value]) => {
    const name = key.replaceAll('-', '_');
    return !KEYS.includes(name) || (name !== 'release' && isNotLinux(value));
  });
}

function isNotLinux(value: unknown): boolean {
  return typeof value === 'string' && NOT_LINUX.has(value.toLowerCase().replaceAll('-', '_'));
}

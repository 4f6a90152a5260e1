import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An image with a shell that is made on the spot from the machine's static busybox (Debian: busybox-static). */
export const BUSYBOX_IMAGE = 'localhost/sidescan-contract:1';

const APPLETS = ['sh', 'sleep', 'cat', 'echo', 'ls', 'id', 'grep', 'touch', 'tee', 'printf', 'base64', 'wc'];

/** Makes the root file system of the image and hands its folder to `use`. */
export function withBusyboxRoot<T>(use: (root: string) => T): T {
  const root = mkdtempSync(join(tmpdir(), 'sidescan-busybox-'));
  try {
    mkdirSync(join(root, 'bin'));
    copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
    for (const applet of APPLETS) symlinkSync('busybox', join(root, 'bin', applet));
    return use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Puts the image into podman's store. */
export function importBusyboxImage(): void {
  withBusyboxRoot((root) => {
    const tar = execFileSync('tar', ['-C', root, '-cf', '-', '.'], { maxBuffer: 64 * 1024 * 1024 });
    execFileSync('podman', ['import', '--quiet', '-', BUSYBOX_IMAGE], {
      input: tar,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
  });
}

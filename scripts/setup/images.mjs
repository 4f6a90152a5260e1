import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { locked } from './lock.mjs';
import { ROOT } from './paths.mjs';
import { run } from './processes.mjs';

/** The scanner image as scanner/build names it. */
export const SCANNER_IMAGE = 'localhost/sidescan-scanner:dev';

/** Builds the scanner image with Podman if its sources changed; returns `{image, text}`. */
export async function scannerImage(busy) {
  return locked('scanner image', async () => {
    const before = imageId(SCANNER_IMAGE);
    if (before === null) busy('building (some minutes, the first time)');
    await run(join(ROOT, 'scanner/build'), ['--tag', SCANNER_IMAGE]);
    const built = imageId(SCANNER_IMAGE) !== before;
    return { image: SCANNER_IMAGE, text: `${SCANNER_IMAGE}${built ? ', built' : ', up to date'}` };
  });
}

/** The image of API, worker and migrations as scripts/service-image/build names it. */
export const SERVICE_IMAGE = 'localhost/sidescan:dev';

/** Builds the image of the service with Podman if its sources changed; returns `{image, text}`. */
export async function serviceImage(busy) {
  return locked('service image', async () => {
    const before = imageId(SERVICE_IMAGE);
    busy('building what changed (some minutes, the first time)');
    await run(join(ROOT, 'scripts/service-image/build'), ['--tag', SERVICE_IMAGE]);
    const built = imageId(SERVICE_IMAGE) !== before;
    return { image: SERVICE_IMAGE, text: `${SERVICE_IMAGE}${built ? ', built' : ', up to date'}` };
  });
}

/** Builds the images with planted faults that tests scan, all or those named; returns `{images, text}`. */
export async function testImages(busy, names = []) {
  return locked('test images', async () => {
    busy(names.length > 0 ? `building ${names.join(' ')} if its sources changed` : 'building what changed');
    const output = await run(join(ROOT, 'test/images/build'), names);
    const images = output.trim().split('\n');
    return { images, text: images.length === 1 ? images[0] : `${images.length} images` };
  });
}

/** Id of an image in Podman's store, or null. */
export function imageId(image) {
  const found = spawnSync('podman', ['image', 'inspect', '--format', '{{.Id}}', image], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : null;
}

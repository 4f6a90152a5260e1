/** Name of an image of test/images, where the engine of this run finds it: Podman's store, or the registry of E2E_REGISTRY. */
export function testImage(recipe: string): string {
  return `${process.env.TEST_IMAGE_REGISTRY ?? 'localhost'}/sidescan-test/${recipe}:1`;
}

/** Name of the scanner image of this run. */
export function scannerImage(): string {
  return process.env.SIDESCAN_SCANNER_IMAGE ?? 'localhost/sidescan-scanner:dev';
}

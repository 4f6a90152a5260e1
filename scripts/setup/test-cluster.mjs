import { findCluster, loadImages } from './cluster.mjs';
import { dependencies } from './dependencies.mjs';
import { SCANNER_IMAGE, scannerImage, testImages } from './images.mjs';
import { preparePodman } from './podman.mjs';
import { run } from './processes.mjs';
import { SetupError, step } from './steps.mjs';

/**
 * Dependencies, images and the cluster of KUBECONFIG with those images in it: what tests on a real cluster need before their
 * services. Returns variables for them. Throws SetupError without a cluster that answers: a skipped test proves nothing.
 */
export async function prepareTestCluster() {
  await step('dependencies', dependencies);
  const cluster = await step('cluster', async () => {
    const found = await findCluster();
    if (found.answers) return found;
    throw new SetupError(
      `These tests need a Kubernetes cluster: ${found.text}.\nSet KUBECONFIG to the kubeconfig of an administrator.`,
    );
  });
  const podman = await step('podman', preparePodman);
  Object.assign(process.env, podman.env);
  await step('scanner image', scannerImage);
  const { images } = await step('test images', testImages);
  const all = [SCANNER_IMAGE, ...images];
  if (process.env.E2E_REGISTRY) return push(all, process.env.E2E_REGISTRY);
  await step('load images', (busy) => loadImages(cluster, all, busy));
  return { SIDESCAN_SCANNER_IMAGE: SCANNER_IMAGE, TEST_IMAGE_REGISTRY: 'localhost' };
}

async function push(images, registry) {
  const there = (image) => image.replace(/^localhost\//, `${registry}/`);
  await step('push images', async (busy) => {
    for (const image of images) {
      busy(`pushing ${there(image)}`);
      await run('podman', ['push', '--quiet', image, there(image)]);
    }
    return { text: `${images.length} to ${registry}` };
  });
  return { SIDESCAN_SCANNER_IMAGE: there(SCANNER_IMAGE), TEST_IMAGE_REGISTRY: registry };
}

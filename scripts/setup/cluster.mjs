import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearTimeout } from 'node:timers';
import { setTimeout as pause } from 'node:timers/promises';
import { isStamped, stamp } from './hash.mjs';
import { imageId } from './images.mjs';
import { applyManifests, readManifests } from './manifests.mjs';
import { SETUP } from './paths.mjs';
import { onPath, run } from './processes.mjs';
import { SetupError } from './steps.mjs';

/**
 * Asks the cluster of KUBECONFIG whether it answers, within five seconds. Returns `{answers, text}`, and for one that
 * answers what the functions below need of it. No other kubeconfig is looked for: a scan must not start where nobody meant it.
 */
export async function findCluster() {
  if (!process.env.KUBECONFIG) return { answers: false, text: 'KUBECONFIG is not set' };
  const k8s = await import('@kubernetes/client-node');
  const config = new k8s.KubeConfig();
  try {
    config.loadFromDefault();
    const core = config.makeApiClient(k8s.CoreV1Api);
    const version = config.makeApiClient(k8s.VersionApi);
    const asked = Promise.all([version.getCode(), core.listNode(), core.readNamespace({ name: 'kube-system' })]);
    const [{ gitVersion }, nodes, system] = await within(5_000, asked);
    const server = config.getCurrentCluster()?.server ?? '';
    const text = `${gitVersion} at ${server}, ${nodes.items.length} node${nodes.items.length === 1 ? '' : 's'}`;
    const names = nodes.items.map((node) => node.metadata.name);
    return {
      answers: true,
      text,
      core,
      nodes: names,
      id: system.metadata.uid,
      context: config.getCurrentContext(),
      config,
    };
  } catch (error) {
    const reason =
      error.code === 401 || error.code === 403 ? `refuses (${error.code})` : (error.cause?.message ?? error.message);
    return { answers: false, text: `does not answer: ${String(reason).split('\n')[0]}` };
  }
}

/** Makes the namespace for scan pods, with all of k8s/base/scans in it, if it is not there; returns true if it made it. */
export async function ensureNamespace(cluster, name) {
  try {
    await cluster.core.readNamespace({ name });
    return false;
  } catch (error) {
    if (error.code !== 404) throw error;
  }
  await applyManifests(cluster.config, await readManifests('base/scans', name, 'sidescan'));
  return true;
}

/**
 * Brings images from Podman's store into the cluster, unless this cluster got the same ones before; returns `{text}`.
 * In this order: the command of SIDESCAN_LOAD_IMAGE (called with NAME:TAG and an OCI archive), kind, minikube, the containerd
 * of a kubelet on this machine. Throws SetupError that says what to do where none of them is there.
 */
export async function loadImages(cluster, images, busy) {
  let loaded = 0;
  for (const image of images) {
    const id = imageId(image);
    if (id === null) throw new SetupError(`There is no image ${image} in Podman's store.`);
    const marker = join(
      SETUP,
      'loaded',
      createHash('sha256').update(`${cluster.id} ${image}`).digest('hex').slice(0, 24),
    );
    if (isStamped(marker, id)) continue;
    busy(`loading ${image}`);
    await loadOne(cluster, image);
    stamp(marker, id);
    loaded += 1;
  }
  return { text: loaded === 0 ? 'the cluster has them' : `loaded ${loaded} of ${images.length}` };
}

async function loadOne(cluster, image) {
  const dir = mkdtempSync(join(tmpdir(), 'sidescan-image-'));
  const archive = join(dir, 'image.tar');
  try {
    const { format, command } = loader(cluster, image, archive);
    await run('podman', ['save', '--quiet', '--format', format, '--output', archive, image]);
    await loadWith(command, image);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

// Loading an image twice is loading it once, and engines that collect garbage meanwhile refuse one now and then: tried three times.
async function loadWith(command, image, tries = 3) {
  try {
    await run(command[0], command.slice(1), { onError: `The image ${image} could not be loaded into the cluster.` });
  } catch (error) {
    if (tries === 1) throw error;
    await pause(1_000);
    await loadWith(command, image, tries - 1);
  }
}

function loader(cluster, image, archive) {
  const own = process.env.SIDESCAN_LOAD_IMAGE ?? process.env.E2E_LOAD_IMAGE;
  if (own) return { format: 'oci-archive', command: ['sh', '-c', `${own} "$1" "$2"`, 'sh', image, archive] };
  const kind = /^kind-(.+)$/.exec(cluster.context)?.[1];
  if (kind && onPath('kind')) {
    return { format: 'docker-archive', command: ['kind', 'load', 'image-archive', archive, '--name', kind] };
  }
  if (cluster.context === 'minikube' && onPath('minikube')) {
    return { format: 'docker-archive', command: ['minikube', 'image', 'load', archive] };
  }
  const socket = localContainerd(cluster);
  if (socket !== null && onPath('ctr')) {
    return { format: 'docker-archive', command: ['ctr', '-a', socket, '-n', 'k8s.io', 'images', 'import', archive] };
  }
  throw new SetupError(
    `The cluster has no way to get ${image}, which was built on this machine. Do one of these:\n` +
      `  SIDESCAN_LOAD_IMAGE='COMMAND'       a command that loads an image: it is called with NAME:TAG and an OCI archive\n` +
      `  SIDESCAN_SCANNER_IMAGE=REGISTRY/…   a scanner image that the cluster can pull (and --image for the target)\n` +
      `  SIDESCAN_RUNTIME=podman             scan on this machine, without the cluster`,
  );
}

/** Socket of the containerd that the only node of the cluster uses, if that node is this machine. */
function localContainerd(cluster) {
  if (cluster.nodes.length !== 1) return null;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const args = commandLine(pid);
    if (!/(^|\/)kubelet$/.test(args[0] ?? '')) continue;
    const option = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
    const node = option('hostname-override') ?? hostname();
    const socket = option('container-runtime-endpoint')?.replace(/^unix:\/\//, '');
    if (node === cluster.nodes[0] && socket) return socket;
  }
  return null;
}

function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${ms / 1000} s`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// npm run quickstart: from a fresh clone to a scan of a real container. See scripts/quickstart/options.mjs.
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { ensureNamespace, findCluster, loadImages } from './setup/cluster.mjs';
import { dependencies } from './setup/dependencies.mjs';
import { scannerImage, testImages } from './setup/images.mjs';
import { lock } from './setup/lock.mjs';
import { DATA } from './setup/paths.mjs';
import { preparePodman } from './setup/podman.mjs';
import { startPostgres } from './setup/postgres.mjs';
import { tail } from './setup/processes.mjs';
import { startRedis } from './setup/redis.mjs';
import { fail, seconds, SetupError, step } from './setup/steps.mjs';
import { HELP, readOptions } from './quickstart/options.mjs';
import { client, printNext, printResult, scanImage } from './quickstart/scan.mjs';
import { adminKey, encryptionKey, migrate, needPort, newLog, startApi, startWorker } from './quickstart/service.mjs';

// An image of one static program, without a shell, with faults planted for a scan to find.
const EXAMPLE = { recipe: 'distroless-planted', image: 'localhost/sidescan-test/distroless-planted:1' };

const started = [];
let settingUp = true;
let interrupted = false;
const interrupt = new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (interrupted) return;
      interrupted = true;
      resolve();
      // What runs in the set-up may take minutes, and nothing of it is lost: the next start goes on from there.
      if (settingUp) stopAll().finally(() => process.exit(130));
    });
  }
});

async function start(name, work) {
  const service = await step(name, work);
  if (service.stop) started.push({ name, service });
  return service;
}

async function chooseRuntime() {
  const wanted = process.env.SIDESCAN_RUNTIME;
  if (wanted && !['kubernetes', 'podman'].includes(wanted)) {
    throw new SetupError(`SIDESCAN_RUNTIME is ${wanted}; it has to be kubernetes or podman.`);
  }
  if (wanted === 'podman') return { runtime: 'podman', text: 'podman, as SIDESCAN_RUNTIME says' };
  const cluster = await findCluster();
  if (cluster.answers) return { runtime: 'kubernetes', cluster, text: `Kubernetes ${cluster.text}` };
  if (wanted === 'kubernetes') throw new SetupError(`SIDESCAN_RUNTIME is kubernetes, but: ${cluster.text}`);
  return { runtime: 'podman', text: `podman on this machine (${cluster.text})` };
}

/** Everything that a scan needs, as variables for API and worker. */
async function prepare(options) {
  const env = { PORT: String(options.port), HOST: options.host, SIDESCAN_ADMIN_KEY: adminKey() };
  env.SIDESCAN_ENCRYPTION_KEY = encryptionKey();
  await start('dependencies', dependencies);
  env.SIDESCAN_STORE = process.env.SIDESCAN_STORE || `file:${join(DATA, 'store')}`;
  env.DATABASE_URL = process.env.DATABASE_URL;
  if (!env.DATABASE_URL) {
    env.DATABASE_URL = (
      await start('postgres', () => startPostgres({ dir: join(DATA, 'postgres'), log: newLog('postgres') }))
    ).url;
  }
  env.REDIS_URL = process.env.REDIS_URL;
  if (!env.REDIS_URL) {
    env.REDIS_URL = (
      await start('redis', (busy) => startRedis({ dir: join(DATA, 'redis'), log: newLog('redis'), busy }))
    ).url;
  }
  const { runtime, cluster } = await start('runtime', chooseRuntime);
  env.SIDESCAN_RUNTIME = runtime;
  const image = await prepareImages(options, env, cluster);
  return { env, image };
}

async function prepareImages(options, env, cluster) {
  const given = process.env.SIDESCAN_SCANNER_IMAGE;
  const ours = [];
  if (env.SIDESCAN_RUNTIME === 'podman' || !given || !options.image) {
    const podman = await start('podman', preparePodman);
    Object.assign(process.env, podman.env);
  }
  if (!given) ours.push((await start('scanner image', scannerImage)).image);
  env.SIDESCAN_SCANNER_IMAGE = given || ours[0];
  if (!options.image) {
    await start('example image', (busy) => testImages(busy, [EXAMPLE.recipe]));
    ours.push(EXAMPLE.image);
  }
  if (cluster) {
    const namespace = process.env.SIDESCAN_NAMESPACE || 'sidescan-scans';
    await start('namespace', async () => ({
      text: `${namespace}${(await ensureNamespace(cluster, namespace)) ? ', made' : ''}`,
    }));
    await start('load images', (busy) => loadImages(cluster, ours, busy));
  }
  return options.image ?? EXAMPLE.image;
}

async function quickstart(options) {
  await needPort(options.host, options.port);
  const { env, image } = await prepare(options);
  await start('database', () => migrate(env));
  const api = await start('api', () => startApi(env, options.host, options.port));
  await start('worker', () => startWorker(env));
  settingUp = false;
  const call = client(api.url, env.SIDESCAN_ADMIN_KEY);
  const died = Promise.race(
    started.map(({ name, service }) => service.exit.then((how) => ({ name, how, log: service.log }))),
  );
  let over = false;
  died.then(() => (over = true));
  const scan = await scanImage(call, image, () => over || interrupted);
  if (over) throw await deathOf(died);
  await printResult(call, scan);
  if (!options.once && !interrupted) {
    printNext(api.url, env.SIDESCAN_ADMIN_KEY, scan);
    console.log('Ctrl-C stops everything.');
    const end = await Promise.race([interrupt, died]);
    if (end) throw await deathOf(died);
    return 0;
  }
  return scan.state === 'completed' ? 0 : 1;
}

async function deathOf(died) {
  const { name, how, log } = await died;
  return new SetupError(`${name} ended by itself (${how}). The end of ${log}:\n${tail(log)}`);
}

async function stopAll() {
  if (started.length === 0) return;
  await step('stop', async () => {
    const parts = [];
    while (started.length > 0) {
      const { name, service } = started.pop();
      const start = performance.now();
      await service.stop();
      parts.push(`${name} ${seconds(start)}`);
    }
    return { text: parts.join(', ') };
  });
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(HELP);
  const release = await lock('quickstart', { wait: false, dir: DATA });
  if (release === null)
    throw new SetupError(`A quickstart with its data in ${DATA} runs already: stop it first (Ctrl-C where it runs).`);
  try {
    process.exitCode = await quickstart(options);
  } finally {
    await stopAll();
    release();
  }
}

await main().catch(fail);
process.exit();

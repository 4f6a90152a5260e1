import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { needPackages } from './debian.mjs';
import { freePort, run, serve, waitFor } from './processes.mjs';

const PACKAGES = ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph-common'];
const KEYS = { accessKeyId: 'sidescan-test', secretAccessKey: 'sidescan-test-secret' };

/**
 * Starts a real S3 server, Ceph's gateway on one in-memory node, under `dir` and on free ports of 127.0.0.1.
 * Returns `{endpoint, accessKeyId, secretAccessKey, text, stop}`. For tests: nothing outlives it.
 */
export async function startS3({ dir, busy }) {
  await needPackages(PACKAGES, 'The S3 server for tests', busy);
  rmSync(dir, { recursive: true, force: true });
  for (const part of ['mon', 'osd', 'log', 'run']) mkdirSync(join(dir, part), { recursive: true });
  const [monPort, port] = [await freePort(), await freePort()];
  const fsid = randomUUID();
  const conf = join(dir, 'ceph.conf');
  writeFileSync(conf, configuration(dir, fsid, monPort, port));
  const env = { CEPH_CONF: conf, CEPH_ARGS: '' };
  const log = (name) => join(dir, 'log', `${name}.out`);
  const started = [];
  const start = (program, ...args) => {
    const service = serve(program, ['-f', ...args], { log: log(program), env, cwd: dir });
    started.unshift(service);
    return service;
  };
  const stop = async () => {
    for (const service of started) await service.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const map = join(dir, 'monmap');
    await run('monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', `[v1:127.0.0.1:${monPort}]`, map], { env });
    await run('ceph-mon', ['--mkfs', '-i', 'a', '--monmap', map], { env, cwd: dir });
    start('ceph-mon', '-i', 'a');
    const osd = randomUUID();
    await tell(env, ['osd', 'new', osd]);
    await tell(env, ['osd', 'crush', 'add', 'osd.0', '1.0', 'host=localhost', 'root=default']);
    await run('ceph-osd', ['-i', '0', '--mkfs', '--osd-uuid', osd], { env, cwd: dir });
    start('ceph-osd', '-i', '0');
    const gateway = start('radosgw', '-n', 'client.rgw');
    const endpoint = `http://127.0.0.1:${port}`;
    await waitFor('The S3 server', gateway, () => answers(endpoint), 60);
    const keys = ['--access-key', KEYS.accessKeyId, '--secret-key', KEYS.secretAccessKey];
    await run('radosgw-admin', ['user', 'create', '--uid=test', '--display-name=test', ...keys], { env });
    return { endpoint, ...KEYS, stop, text: `${endpoint} (Ceph gateway, in memory)` };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A command to the monitor. In its first moments it may refuse one (EPERM) before it knows the rights of its clients. */
async function tell(env, command) {
  for (let left = 20; ; left--) {
    try {
      return await run('ceph', ['--connect-timeout', '30', ...command], { env });
    } catch (error) {
      if (left === 0) throw error;
      await sleep(200);
    }
  }
}

async function answers(endpoint) {
  return fetch(endpoint)
    .then((answer) => answer.ok)
    .catch(() => false);
}

function configuration(dir, fsid, monPort, port) {
  return `[global]
fsid = ${fsid}
mon_initial_members = a
mon_host = [v1:127.0.0.1:${monPort}]
ms_bind_msgr2 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_data_avail_warn = 1
mon_data_avail_crit = 1
log_file = ${dir}/log/$name.log
run_dir = ${dir}/run
admin_socket =
pid_file = ${dir}/run/$name.pid
[mon]
mon_data = ${dir}/mon
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
[osd]
osd_data = ${dir}/osd
osd_objectstore = memstore
osd_class_update_on_start = false
osd_crush_update_on_start = false
memstore_device_bytes = 2147483648
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:${port}
rgw_data = ${dir}/rgw
rgw_crypt_require_ssl = false
`;
}

import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { openPool } from '../../../src/platform/database/pool.js';
import { PrismaService } from '../../../src/platform/database/prisma.service.js';
import { isDatabaseUnavailable } from '../../../src/platform/database/unavailable.js';
import { BullmqJobQueue } from '../../../src/platform/queue/bullmq-job-queue.js';
import { NotConfigured } from '../../../src/ports/job-queue.js';
import { CutWire } from '../../support/cut-wire.js';
import { eventually } from '../../support/eventually.js';
import { OwnRedis } from '../../support/redis.js';
import { serviceAt, uniqueName } from '../../support/services.js';

const SHORT = { statementMs: 300, idleInTransactionMs: 300, silenceMs: 600 };
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function wireTo(url: string): Promise<CutWire> {
  const wire = await CutWire.to(url);
  closing.push(() => wire.close());
  return wire;
}

describe('the database', () => {
  function poolTo(url: string) {
    const pool = openPool(url, 2, SHORT);
    pool.on('error', () => undefined);
    closing.push(() => pool.end());
    return pool;
  }

  it('that vanished without a word: what waits for it fails, and goes on over a new connection when it is back', async () => {
    const wire = await wireTo(serviceAt('postgres'));
    const pool = poolTo(wire.url);
    await Promise.all([pool.query('SELECT 1'), pool.query('SELECT 1')]);
    wire.silence();
    const failures = await Promise.allSettled([pool.query('SELECT 1'), pool.query('SELECT 1')]);
    expect(failures.map((one) => one.status)).toEqual(['rejected', 'rejected']);
    for (const one of failures) expect(one.status === 'rejected' && isDatabaseUnavailable(one.reason)).toBe(true);
    wire.mend();
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('works on no statement without end', async () => {
    const pool = poolTo(serviceAt('postgres'));
    const error: unknown = await pool.query('SELECT pg_sleep(20)').catch((reason: unknown) => reason);
    expect(String(error)).toContain('statement timeout');
    expect(isDatabaseUnavailable(error)).toBe(true);
  });

  it('takes its locks back from a session that holds them and says nothing: others get on', async () => {
    const pool = poolTo(serviceAt('postgres'));
    const lock = 'SELECT pg_advisory_xact_lock(7365999)';
    const frozen = await pool.connect();
    frozen.on('error', () => undefined);
    await frozen.query('BEGIN');
    await frozen.query(lock);
    const other = openPool(serviceAt('postgres'), 1, { ...SHORT, statementMs: 10_000, silenceMs: 20_000 });
    closing.push(() => other.end());
    await other.query(lock);
    await expect(frozen.query('COMMIT')).rejects.toThrow();
    frozen.release(true);
  });

  it('is asked with these limits by the service', async () => {
    const prisma = new PrismaService(serviceAt('postgres'));
    closing.push(() => prisma.$disconnect());
    const rows = await prisma.$queryRaw`
      SELECT name, setting FROM pg_settings
       WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout') ORDER BY name`;
    expect(rows).toEqual([
      { name: 'idle_in_transaction_session_timeout', setting: '40000' },
      { name: 'statement_timeout', setting: '30000' },
    ]);
  });
});

describe('Redis', () => {
  function queueTo(redisUrl: string): BullmqJobQueue {
    const queue = new BullmqJobQueue({ redisUrl, prefix: uniqueName(), onError: () => undefined });
    closing.push(() => queue.close());
    return queue;
  }
  async function ownRedis(...settings: string[]): Promise<OwnRedis> {
    const redis = await OwnRedis.start(...settings);
    closing.push(() => redis.remove());
    return redis;
  }

  it('that vanished without a word: a call fails in time, and another finds it again', async () => {
    const wire = await wireTo(serviceAt('redis'));
    const queue = queueTo(wire.url);
    const job = { scanId: 'scan_a', attempt: 1 };
    await queue.add('scan.run', job);
    wire.silence();
    await expect(queue.has('scan.run', job)).rejects.toThrow(/redis|timed out/i);
    // The old connection stays as dead as it is: only a new one helps.
    const fresh = await wireTo(serviceAt('redis'));
    expect(await queueTo(fresh.url).has('scan.run', job)).toBe(false);
    await eventually('the dead connection is given up', async () => {
      await queue.check().catch(() => undefined);
      return wire.connectionsMade > 1;
    });
    wire.mend();
    await eventually('it answers', () => queue.has('scan.run', job).catch(() => false), 30);
  }, 60_000);

  it('without memory is not ready, and says so', async () => {
    const redis = await ownRedis('--maxmemory', '100kb', '--maxmemory-policy', 'noeviction');
    await expect(queueTo(redis.url).check()).rejects.toThrow(/OOM/);
  });

  it('that may throw jobs away is told apart from one that does not answer', async () => {
    const redis = await ownRedis('--maxmemory', '100mb', '--maxmemory-policy', 'volatile-lru');
    await expect(queueTo(redis.url).check()).rejects.toBeInstanceOf(NotConfigured);
  });

  it('that has become a replica is not ready, and is again when it takes writes', async () => {
    const redis = await ownRedis();
    const admin = new Redis(redis.url);
    closing.push(() => Promise.resolve(admin.disconnect()));
    const queue = queueTo(redis.url);
    await queue.check();
    await admin.replicaof('127.0.0.1', 1);
    await expect(queue.check()).rejects.toThrow(/READONLY|Command timed out|Redis/);
    await admin.replicaof('NO', 'ONE');
    await eventually('it is ready', () =>
      queue.check().then(
        () => true,
        () => false,
      ),
    );
  });
});

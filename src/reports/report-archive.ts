import { availableParallelism } from 'node:os';
import { Readable } from 'node:stream';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import { RequestError } from '../domain/errors.js';
import { ObjectStore } from '../ports/object-store.js';
import type { StoredReport } from '../scans/scan.js';
import { dictionaryKey, reportKey } from './object-key.js';
import { ReportDictionariesRepository, type ReportDictionary } from './report-dictionaries.repository.js';
import { reportStream } from './report-stream.js';
import { dictionaryOf } from './storage/packed-report.js';
import { StoredReportError } from './storage/stored-report.error.js';
import type { PackedDictionary } from './threads/report-task.js';
import { ReportTimeoutError } from './threads/report-threads.js';
import { ReportWork } from './threads/report-work.js';
import { Turns } from './turns.js';

/** A report to be kept: its bytes and their gzip, of which the smaller way to store it is made. */
export interface ReportToKeep {
  bytes: Uint8Array;
  gzip: Uint8Array;
  sha256: string;
}

/** Reports of one owner have most of their bytes in common. */
export interface ReportOwner {
  projectId: string;
  /** `sha256:…` of the profile's archive. */
  profileDigest: string;
}

const MIB = 1024 * 1024;
/** Reports at a time: each is in memory whole, with its dictionary. The others wait here: their time limit would run while they wait for a thread. */
const AT_ONCE = Math.min(2, availableParallelism());
/** Requests that may wait to read one. */
const READERS_WAITING_MAX = 64;

/**
 * Keeps reports under their SHA-256, the same report once: as what the first report of the same profile does not say already, or as a gzip
 * where that is not smaller, or cannot be had. Nothing counts as stored before it was read back, unpacked and compared.
 */
@Injectable()
export class ReportArchive {
  readonly #logger = new Logger(ReportArchive.name);
  readonly #writers = new Turns(AT_ONCE, Infinity);
  readonly #readers = new Turns(AT_ONCE, READERS_WAITING_MAX);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly store: ObjectStore,
    private readonly dictionaries: ReportDictionariesRepository,
    private readonly work: ReportWork,
  ) {}

  /** Stores the report, or finds it stored already. Rejects if what is read back is not the report. Doing it twice is doing it once. */
  async keep(report: ReportToKeep, owner: ReportOwner): Promise<StoredReport> {
    return (await this.#writers.take(() => this.#keep(report, owner))) as StoredReport; // any number may wait
  }

  async #keep(report: ReportToKeep, owner: ReportOwner): Promise<StoredReport> {
    const stored = { key: reportKey(report.sha256), sha256: report.sha256, bytes: report.bytes.length };
    if (await this.#isKept(stored)) return stored;
    const packed = await this.#packed(report, owner);
    await this.store.put(stored.key, packed ?? report.gzip, 'application/octet-stream');
    await this.#check(stored);
    return stored;
  }

  /**
   * The report's bytes as the auditor wrote them. Rejects, or breaks off, with StoredReportError if they are not the recorded ones; throws
   * UNAVAILABLE if there is too much to do.
   */
  async read(report: StoredReport): Promise<Readable> {
    const stored = await this.#fetch(report);
    if (dictionaryOf(stored) === null) return reportStream(stored, report);
    const unpacked = await this.#readers.take(() => this.#unpack(stored, report));
    if (unpacked === null) throw new RequestError('UNAVAILABLE', 'too many reports are being read just now');
    return Readable.from(unpacked);
  }

  async #unpack(stored: Uint8Array, report: StoredReport): Promise<Uint8Array[]> {
    const dictionary = await this.#dictionaryFor(stored, report.key);
    try {
      return await this.work.unpack(stored, dictionary, report);
    } catch (error) {
      if (error instanceof ReportTimeoutError) throw new RequestError('UNAVAILABLE', error.message);
      throw named(error, report.key);
    }
  }

  /** True if the same report is there and whole; one that is there and damaged is written again. */
  async #isKept(report: StoredReport): Promise<boolean> {
    if ((await this.store.size(report.key)) === null) return false;
    try {
      await this.#check(report);
      return true;
    } catch (error) {
      if (!(error instanceof StoredReportError)) throw error;
      this.#logger.warn(`${error.message}: it is stored again`);
      return false;
    }
  }

  async #check(report: StoredReport): Promise<void> {
    const stored = await this.#fetch(report);
    const dictionary = await this.#dictionaryFor(stored, report.key);
    try {
      await this.work.check(stored, dictionary, report);
    } catch (error) {
      throw named(error, report.key);
    }
  }

  async #fetch({ key }: StoredReport): Promise<Uint8Array> {
    const stored = await this.store.get(key, this.#mostBytes());
    if (stored === null) throw new StoredReportError(`the object store has no ${key}`);
    return stored;
  }

  /** The report described by its owner's dictionary; null if that is not smaller than its gzip, or cannot be done. */
  async #packed(report: ReportToKeep, owner: ReportOwner): Promise<Uint8Array | null> {
    if (report.bytes.length > this.config.limits.dictionaryBytes || report.bytes.length === 0) return null;
    const named = await this.#namedDictionary(report, owner);
    try {
      const dictionary = await this.#dictionary(named.sha256);
      const packed = Buffer.concat(await this.work.pack(report.bytes, dictionary));
      return packed.length < report.gzip.length ? packed : null;
    } catch (error) {
      if (!(error instanceof StoredReportError)) throw error;
      this.#logger.error(`a report of ${owner.profileDigest} is stored without its dictionary: ${error.message}`);
      return null;
    }
  }

  /** The owner's dictionary; this report becomes it if there is none. Its bytes are there before it is named, or others would miss them. */
  async #namedDictionary(report: ReportToKeep, { projectId, profileDigest }: ReportOwner): Promise<ReportDictionary> {
    const known = await this.dictionaries.find(projectId, profileDigest);
    if (known !== null) return known;
    const { sha256, bytes, gzip } = report;
    await this.store.put(dictionaryKey(sha256), gzip, 'application/gzip');
    return this.dictionaries.name(projectId, profileDigest, { sha256, bytes: bytes.length });
  }

  /** What the stored bytes need to be read; null if nothing. */
  async #dictionaryFor(stored: Uint8Array, key: string): Promise<PackedDictionary | null> {
    const sha256 = dictionaryOf(stored);
    if (sha256 === null) return null;
    try {
      return await this.#dictionary(sha256);
    } catch (error) {
      throw named(error, key);
    }
  }

  async #dictionary(sha256: string): Promise<PackedDictionary> {
    const gzip = await this.store.get(dictionaryKey(sha256), this.#mostBytes());
    if (gzip === null) throw new StoredReportError(`its dictionary is missing: ${dictionaryKey(sha256)}`);
    // The limit of when it was made may have been another one.
    return { gzip, sha256, bytes: 64 * MIB };
  }

  /** A gzip of bytes that do not compress is a little longer than they are. */
  #mostBytes(): number {
    return Math.ceil(Math.max(this.config.limits.reportBytes, 64 * MIB) * 1.01) + 1024;
  }
}

/** The same error with the object's name in front. */
function named(error: unknown, key: string): unknown {
  return error instanceof StoredReportError
    ? new StoredReportError(`the stored report ${key} cannot be read: ${error.message}`)
    : error;
}

import { dictionaryKey } from '../../src/reports/object-key.js';
import {
  dictionaryOf,
  readDictionary,
  unpackReport,
  type ReportIdentity,
} from '../../src/reports/storage/packed-report.js';

/** A report out of the objects themselves, past the service; throws if it is not the one that is expected. */
export async function storedReport(
  object: (key: string) => Promise<Uint8Array | null>,
  report: ReportIdentity & { key: string },
): Promise<Buffer> {
  const get = async (key: string): Promise<Uint8Array> => {
    const bytes = await object(key);
    if (bytes === null) throw new Error(`there is no ${key}`);
    return bytes;
  };
  const stored = await get(report.key);
  const sha256 = dictionaryOf(stored);
  const dictionary = sha256 === null ? null : readDictionary(await get(dictionaryKey(sha256)), sha256, 1e8);
  return unpackReport(stored, dictionary, report);
}

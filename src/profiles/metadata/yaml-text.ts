import { parseDocument } from 'yaml';
import { utf8 } from '../archive/entry-name.js';

const YAML_BYTES_MAX = 256 * 1024;

/** Reads a YAML file of a profile as the auditor does (YAML 1.1, no aliases, no objects), or says what is wrong with it. */
export function readYaml(bytes: Buffer): { value: unknown } | { fault: string } {
  if (bytes.length > YAML_BYTES_MAX) return { fault: `has ${bytes.length} bytes; at most ${YAML_BYTES_MAX} are read` };
  const text = utf8(bytes);
  if (text === null) return { fault: 'is not UTF-8' };
  // The auditor runs it through ERB first: a tag is Ruby, and what it would make of the file is not known here.
  if (text.includes('<%')) return { fault: 'has an ERB tag ("<%"): write plain YAML' };
  try {
    const document = parseDocument(text, { version: '1.1', uniqueKeys: true, logLevel: 'silent' });
    const trouble = [...document.errors, ...document.warnings][0];
    if (trouble !== undefined) return { fault: `is not YAML that can be read: ${trouble.message.split('\n', 1)[0]}` };
    return { value: document.toJS({ maxAliasCount: 0 }) as unknown };
  } catch (error) {
    if (error instanceof ReferenceError) return { fault: 'has an alias ("*"), which the auditor does not read' };
    return { fault: `is not YAML that can be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

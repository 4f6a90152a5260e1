import { Lexer, parseDocument } from 'yaml';
import { utf8 } from '../archive/entry-name.js';

const YAML_BYTES_MAX = 256 * 1024;
/** Brackets in each other, marks of lists and maps side by side, and blanks before a line: what they nest to stays far from the end of the stack. */
const DEPTH_MAX = 50;
const INDENT_MAX = 200;
/** Anchors and tags: the reader's time grows with their square. */
const PROPERTIES_MAX = 100;
/** The lexer's mark that the next token is the text of a scalar. */
const SCALAR = '\x1f';

/** Reads a YAML file of a profile as the auditor does (YAML 1.1, no aliases, no objects), or says what is wrong with it. */
export function readYaml(bytes: Buffer): { value: unknown } | { fault: string } {
  if (bytes.length > YAML_BYTES_MAX) return { fault: `has ${bytes.length} bytes; at most ${YAML_BYTES_MAX} are read` };
  const text = utf8(bytes);
  if (text === null) return { fault: 'is not UTF-8' };
  // The auditor runs it through ERB first: a tag is Ruby, and what it would make of the file is not known here.
  if (text.includes('<%')) return { fault: 'has an ERB tag ("<%"): write plain YAML' };
  const hostile = hostileFault(text);
  if (hostile !== null) return { fault: hostile };
  try {
    const document = parseDocument(text, { version: '1.1', uniqueKeys: false, logLevel: 'silent' });
    const trouble = [...document.errors, ...document.warnings][0];
    if (trouble !== undefined) return { fault: `is not YAML that can be read: ${trouble.message.split('\n', 1)[0]}` };
    return { value: document.toJS({ maxAliasCount: 0 }) as unknown };
  } catch (error) {
    if (error instanceof ReferenceError) return { fault: 'has an alias ("*"), which the auditor does not read' };
    return { fault: `is not YAML that can be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** What would keep the parser busy for minutes, or end the process: it follows nesting by recursion, and the lexer does not. */
function hostileFault(text: string): string | null {
  let brackets = 0;
  let marks = 0;
  let properties = 0;
  let before = '\n';
  for (const token of new Lexer().lex(text)) {
    if (before !== SCALAR) {
      if (token === '[' || token === '{') brackets += 1;
      if (token === ']' || token === '}') brackets -= 1;
      if (token === '-' || token === '?' || token === ':') marks += 1;
      if (token.startsWith('&') || token.startsWith('!')) properties += 1;
      if (token === ',' || token.endsWith('\n')) marks = 0;
      const isIndent = before.endsWith('\n') && /^ +$/.test(token);
      if (brackets > DEPTH_MAX || marks > DEPTH_MAX || (isIndent && token.length > INDENT_MAX)) {
        return 'is nested too deep';
      }
      if (properties > PROPERTIES_MAX) return `has more than ${PROPERTIES_MAX} anchors and tags`;
    }
    before = token;
  }
  return null;
}

import { pointerToken } from '../domain/json-pointer.js';

/** After a name, and after no other string. */
const COLON = /[ \t\r\n]*:/y;

/** A container that is open: the names that an object had, or null for a list; and what leads to the present value in it. */
interface Open {
  names: Set<string> | null;
  token: string;
  index: number;
}

/**
 * JSON pointers of the names that stand twice in one object of a text that is JSON, at most `max`. A parser keeps the last value of such a name
 * and drops the others without a word: which of two thresholds was meant, nobody could say.
 */
export function repeatedNames(json: string, max = 20): string[] {
  const found: string[] = [];
  const open: Open[] = [];
  for (let at = 0; at < json.length && found.length < max; at++) {
    const inner = open.at(-1);
    const character = json[at];
    if (character === '{') open.push({ names: new Set(), token: '', index: 0 });
    else if (character === '[') open.push({ names: null, token: '0', index: 0 });
    else if (character === '}' || character === ']') open.pop();
    else if (character === ',' && inner?.names === null) inner.token = String(++inner.index);
    else if (character === '"') {
      const end = endOfString(json, at);
      COLON.lastIndex = end + 1;
      if (inner?.names && COLON.test(json)) {
        const name = JSON.parse(json.slice(at, end + 1)) as string;
        inner.token = pointerToken(name);
        if (inner.names.has(name)) found.push(`/${open.map(({ token }) => token).join('/')}`);
        inner.names.add(name);
      }
      at = end;
    }
  }
  return found;
}

/** Where the string ends that begins here: at a quote with an even number of backslashes before it. */
function endOfString(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); at !== -1; at = json.indexOf('"', at + 1)) {
    let slashes = 0;
    while (json[at - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return at;
  }
  return json.length;
}

import { readFileSync } from 'node:fs';
import { SaxesParser } from 'saxes';
import { validateXML } from 'xmllint-wasm';

/** An element as a parser sees it. */
export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  text: string;
  children: XmlElement[];
}

/** Checks a document against a schema of this folder with libxml2, and reads it; throws with the parser's words if it does not hold. */
export async function xmlDocument(contents: string, schema: 'junit.xsd'): Promise<XmlElement> {
  const xsd = readFileSync(new URL(schema, import.meta.url), 'utf8');
  const { valid, errors } = await validateXML({
    xml: { fileName: 'document.xml', contents },
    schema: { fileName: schema, contents: xsd },
    extension: 'schema',
    maxMemoryPages: 4096,
  });
  if (!valid) throw new Error(errors.map(({ rawMessage }) => rawMessage).join('\n'));
  return readXml(contents);
}

function readXml(contents: string): XmlElement {
  const parser = new SaxesParser();
  const root: XmlElement = { name: '', attributes: {}, text: '', children: [] };
  const open = [root];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes, text: '', children: [] };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
  });
  parser.on('closetag', () => open.pop());
  parser.write(contents).close();
  return root.children[0] ?? root;
}

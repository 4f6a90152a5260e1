const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
// eslint-disable-next-line no-control-regex -- an HTML parser takes these for errors
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g;
/** Characters that turn the direction of the text after them, so that it reads as something else. */
const DIRECTION = /[\u202a-\u202e\u2066-\u2069]/g;

/** Text of a report for an HTML element or a quoted attribute. */
export function htmlText(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(CONTROL, '\uFFFD')
    .replace(DIRECTION, '\uFFFD')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

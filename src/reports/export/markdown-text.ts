const ESCAPED = /[\\`*_[\]<>|~$]/g;
// eslint-disable-next-line no-control-regex -- control characters have no meaning in Markdown
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
/** What hosts of Markdown make into links, mentions and pictures even where it is escaped: @name, #12, !12, https://, www., :smile: */
const LINKED = /[@#!](?=\w)|:(?=\/\/|[\w+-]+:)|www(?=\.)/gi;
const ZERO_WIDTH_SPACE = '\u200b';

/**
 * Text of a report as plain text within a line of Markdown: no markup, HTML, link, mention or end of a table cell can come out of it.
 * For ids, names and titles; longer text belongs into `markdownBlock`.
 */
export function markdownText(text: string): string {
  return text
    .replace(CONTROL, ' ')
    .trim()
    .replace(/&/g, '&amp;')
    .replace(LINKED, (joined) => `${joined}${ZERO_WIDTH_SPACE}`)
    .replace(ESCAPED, (character) => (character === '<' ? '&lt;' : character === '>' ? '&gt;' : `\\${character}`));
}

/** Text in a fenced block that it cannot end: the fence is longer than any run of backticks in it. */
export function markdownBlock(text: string): string {
  const longest = (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);
  const fence = '`'.repeat(longest + 1);
  // eslint-disable-next-line no-control-regex -- line ends and tabs stay
  const body = text.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '\uFFFD');
  return `${fence}text\n${body}\n${fence}`;
}

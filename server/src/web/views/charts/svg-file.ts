/** A picture as a file of its own. Files are XML, and the renderer writes HTML: what the two write differently is put right here. */
import type { VNode } from "preact";
import { renderToString } from "preact-render-to-string";

/** A tag with its attributes. A quote in a value is written `&quot;`, so a value ends at the next one. */
const TAG = /<([a-z][\w:-]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)(\s*\/?)>/gi;
const ATTRIBUTE = /(\s+[\w:-]+)(="[^"]*")?/g;

/** What XML 1.0 has no way to write; names of other times and programs may hold it. */
const NO_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

export function svgFile(picture: VNode): string {
  const html = renderToString(picture).replace(NO_XML, "\ufffd").replaceAll("]]>", "]]&gt;");
  return html.replace(TAG, (_, name: string, attributes: string, end: string) => {
    // HTML leaves out an empty value.
    const written = attributes.replace(ATTRIBUTE, (_whole, key: string, value = '=""') => `${key}${value}`);
    return `<${name}${written}${end}>`;
  });
}

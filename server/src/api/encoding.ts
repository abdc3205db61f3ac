/**
 * Turns bytes and percent-encodings into text and never refuses: invalid UTF-8 becomes a mark that no valid text
 * contains. An identity with that mark is refused when it is used (`parse.ts`), because two ids must never become one;
 * arguments that are only searched, or not read, do no harm.
 */
import { isUtf8 } from "node:buffer";

/** Two low surrogates: whatever stands before them, one of the two is left without a partner. */
const MARK = "\udc00\udc00";

/** What is UTF-8 in bytes read as Latin-1, sequence by sequence (Unicode, table 3-7), else single bytes. */
const SEQUENCE =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

export function decodeBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  return bytes
    .toString("latin1")
    .replace(SEQUENCE, (sequence) => (sequence.length === 1 ? MARK : Buffer.from(sequence, "latin1").toString("utf8")));
}

/** The text of a part of a query, form or path. A plus stays one. */
export function decodePercent(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/(?:%[\da-f]{2})+|%/gi, (run) =>
      run === "%" ? MARK : decodeBytes(Buffer.from(run.replaceAll("%", ""), "hex")),
    );
  }
}

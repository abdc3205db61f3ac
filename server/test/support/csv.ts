/** Reads a CSV of ours as docs/http-api.md says that programs do. */

/** Rows of cells, by RFC 4180, and an apostrophe taken away where one was put for spreadsheets. */
export function rowsOf(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|$)/gy;
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (match === null) throw new Error(`Expected RFC 4180, got ${JSON.stringify(text.slice(0, 200))}`);
    const [, raw = "", end] = match;
    const cell = raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw;
    row.push(cell.replace(APOSTROPHE, ""));
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

const APOSTROPHE = /(?<=^|;)'(?='*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/g;

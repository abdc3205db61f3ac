/** How every file of comma separated values is written: RFC 4180, and safe to open in a spreadsheet. */
import { type Input, stringify } from "csv-stringify/sync";

/**
 * Where a spreadsheet would begin to run text as a formula: at its start, and behind what separates cells for those that
 * expect no commas. Apostrophes in front are looked past, so that taking one away again gives the text as it was.
 */
const FORMULA = /(?<=^|;)(?='*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/g;

/**
 * Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers. Text with any end of
 * a line is quoted, or what follows would begin a row of its own.
 */
export function csv(rows: Input): string {
  return stringify(rows, {
    cast: { string: (text) => text.replace(FORMULA, "'") },
    record_delimiter: "windows",
    quoted_match: /[\r\n]/,
  });
}

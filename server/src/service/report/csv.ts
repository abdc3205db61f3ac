/** How every file of comma separated values is written: RFC 4180, and safe to open in a spreadsheet. */
import { type Input, stringify } from "csv-stringify/sync";

/**
 * Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers. Text with any end of
 * a line is quoted, or what follows would begin a row of its own.
 */
export function csv(rows: Input): string {
  return stringify(rows, { escape_formulas: true, record_delimiter: "windows", quoted_match: /[\r\n]/ });
}

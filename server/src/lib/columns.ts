/** Text in columns, for terminals. */

/** Rows of equally many cells; the first `lefts` columns to the left, the others to the right, as numbers are. */
export function aligned(rows: readonly (readonly string[])[], lefts = 1): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((text, column) => {
        const width = widths[column] ?? 0;
        const padded = column < lefts ? text.padEnd(width) : text.padStart(width);
        return column === 0 ? padded : `   ${padded}`;
      })
      .join("")
      .trimEnd(),
  );
}

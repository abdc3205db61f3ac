/** What came, as JSON within a message. */

const LENGTH_MAX = 80;

/** Cut where it is long. JSON can be read that is nested deeper than it can be written. */
export function shownJson(value: unknown): string {
  const text = jsonOf(value);
  return text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)}…` : text;
}

function jsonOf(value: unknown): string {
  try {
    // JSON has no infinities.
    return typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  } catch {
    return "what is nested too deeply";
  }
}

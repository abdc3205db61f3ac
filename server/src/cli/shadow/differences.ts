/** What differs between two answers to one request. */

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Fields in which two servers may differ and both be right. */
export const IGNORED_FIELDS: readonly string[] = [
  // Each names its own.
  "version",
  // How an answer came about, not what a page shows: a question that records nothing has another where nobody is known.
  "reason",
];

/**
 * Differences in words, empty when there are none. Of two JSON bodies every field of the old one must be in the new one
 * with the same value; what the new one says beside that is no difference. Order counts in lists and nowhere else.
 * @param ignored names of fields, at any depth
 */
export function differences(old: Answer, now: Answer, ignored: readonly string[]): readonly string[] {
  const found: string[] = [];
  if (old.status !== now.status) found.push(`status ${old.status} → ${now.status}`);
  const [before, after] = [parsed(old.body), parsed(now.body)];
  compare("body", before, after, new Set(ignored), found);
  return found;
}

function compare(place: string, before: unknown, after: unknown, ignored: ReadonlySet<string>, found: string[]): void {
  if (isObject(before) && isObject(after) && Array.isArray(before) === Array.isArray(after)) {
    if (Array.isArray(before) && Object.keys(before).length !== Object.keys(after).length) {
      found.push(`${place} has ${Object.keys(before).length} → ${Object.keys(after).length} entries`);
      return;
    }
    for (const [name, value] of Object.entries(before)) {
      if (!ignored.has(name)) compare(`${place}.${name}`, value, Reflect.get(after, name), ignored, found);
    }
    return;
  }
  if (!Object.is(before, after))
    found.push(`${place} ${JSON.stringify(before)} → ${JSON.stringify(after) ?? "missing"}`);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** JSON, also inside a JSONP call; anything else as it is. */
function parsed(body: string): unknown {
  const [, callback, wrapped] = /^(?:\/\*\*\/)?\s*([\w'\-.]+)\((.*)\);?\s*$/s.exec(body) ?? [];
  try {
    const value: unknown = JSON.parse(wrapped ?? body);
    return callback === undefined ? value : { callback, value };
  } catch {
    return body;
  }
}

/** Asks about many names, some at a time, so that thousands of experiments don't fill the queue of commands. */

/** Names asked for at once. */
const NAMES_PER_CHUNK = 500;

export async function mapInChunks<Item, Result>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += NAMES_PER_CHUNK) {
    results.push(...(await Promise.all(items.slice(start, start + NAMES_PER_CHUNK).map(ask))));
  }
  return results;
}

/** Work on many things, some at a time. */

/**
 * What `work` makes of each item, in the order of the items, at most `atOnceMax` of them under way at any moment.
 * Rejects with the first failure; the workers then take no more items.
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  atOnceMax: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  // Workers share one iterator, so each takes the next item as soon as it is done with the last.
  const queue = items.entries();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failed) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnceMax, items.length) }, worker));
  return results;
}

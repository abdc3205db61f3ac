/** Computations that pause between pieces of a millisecond or so, so that a caller can let others run. */
export type Steps<T> = Generator<void, T, void>;

/** Runs one to its end. */
export function finished<T>(steps: Generator<unknown, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Items taken in one piece: some tenths of a millisecond, for work that is a few additions each. */
export const ITEMS_PER_PIECE = 2_000;

/** Takes items one after the other, pausing after so many of them. */
export function* each<T>(items: Iterable<T>, take: (item: T) => void, perPiece = ITEMS_PER_PIECE): Steps<void> {
  let left = perPiece;
  for (const item of items) {
    take(item);
    left -= 1;
    if (left > 0) continue;
    left = perPiece;
    yield;
  }
}

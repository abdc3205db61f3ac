/** Computations that pause between pieces of a millisecond or so, so that a caller can let others run. */
export type Steps<T> = Generator<void, T, void>;

/** Runs one to its end. */
export function finished<T>(steps: Generator<unknown, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

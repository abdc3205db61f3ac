/** Computations of a page or file in pieces between requests, one piece in a turn of the event loop whoever asked. */
import type { Steps } from "../stats/steps.ts";
import { Turns } from "./analysis/turns.ts";

const turns = new Turns();

/** The result when every piece has had its turn. Rejects with what the computation throws. */
export function inTurns<T>(steps: Steps<T>): Promise<T> {
  return turns.runSteps(steps);
}

/** The pieces of a file as they come, each made in a turn of its own. */
export async function* piecesInTurns<T>(pieces: Iterable<T>): AsyncIterable<T> {
  const iterator = pieces[Symbol.iterator]();
  for (;;) {
    const piece = await turns.run(() => iterator.next());
    if (piece.done === true) return;
    yield piece.value;
  }
}

/**
 * Caches reports by their question. They are computed in small steps, one per turn of the event loop, because API calls
 * share the process. One is computed at a time; callers that ask the same meanwhile share it.
 */
import { createHash } from "node:crypto";
import { Recent } from "../../lib/recent.ts";
import type { Steps } from "../../stats/steps.ts";
import type { Turns } from "./turns.ts";

/** Answers remembered, the least recently asked for going first: about 10 KB each. */
const ANSWERS_MAX = 1_000;

export class Answers<Answer> {
  readonly #answers = new Recent<string, Promise<Answer>>(ANSWERS_MAX);
  readonly #turns: Turns;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** @param question everything the answer depends on: its text is the key, so nothing ever needs to be invalidated */
  answer(question: unknown, compute: () => Steps<Answer>): Promise<Answer> {
    const key = createHash("sha1").update(JSON.stringify(question)).digest("base64");
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = this.#queue.then(() => this.#turns.runSteps(compute()));
    this.#queue = answer.catch(() => {});
    this.#answers.set(key, answer);
    // A failure is passed to everybody who waits, and the next caller tries again.
    answer.catch(() => this.#answers.delete(key));
    return answer;
  }
}

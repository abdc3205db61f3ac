/**
 * Calls that arrive in one turn of the event loop for one definition go to Redis in one script call. A new participant costs
 * Redis and this process a fraction of a round trip that way, and waits no longer for it.
 */
import { SixpackError } from "../../domain/errors.ts";

/** Most calls in one script call: keeps Redis from being busy with one for more than about a millisecond. */
export const SCRIPT_CALLS_MAX = 256;

interface Waiting<Outcome> {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

interface Batch<Call, Outcome> {
  readonly calls: Call[];
  readonly waiting: Waiting<Outcome>[];
}

/** Answers a batch: one outcome or refusal per call, in the order of the calls. */
export type Answer<Target, Call, Outcome> = (
  target: Target,
  calls: readonly Call[],
) => Promise<readonly (Outcome | SixpackError)[]>;

export class Batcher<Target extends object, Call, Outcome> {
  readonly #answer: Answer<Target, Call, Outcome>;
  readonly #callsMax: number;
  /**
   * Grouped by object: definitions are cached, so calls of one turn have the same one; otherwise there is one batch
   * more.
   */
  readonly #collecting = new Map<Target, Batch<Call, Outcome>>();
  readonly #underWay = new Set<Promise<void>>();
  #scheduled = false;

  constructor(answer: Answer<Target, Call, Outcome>, callsMax = SCRIPT_CALLS_MAX) {
    this.#answer = answer;
    this.#callsMax = callsMax;
  }

  add(target: Target, call: Call): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      let batch = this.#collecting.get(target);
      if (batch === undefined) {
        batch = { calls: [], waiting: [] };
        this.#collecting.set(target, batch);
      }
      batch.calls.push(call);
      batch.waiting.push({ resolve, reject });
      if (batch.calls.length === this.#callsMax) {
        this.#collecting.delete(target);
        this.#send(target, batch);
      }
      if (this.#scheduled) return;
      this.#scheduled = true;
      // Runs after all requests of this turn have been read; a microtask would run after each of them.
      setImmediate(() => this.#flush());
    });
  }

  /** Resolves when every call that was added has its outcome. */
  async idle(): Promise<void> {
    this.#flush();
    await Promise.all(this.#underWay);
  }

  #flush(): void {
    this.#scheduled = false;
    for (const [target, batch] of this.#collecting) this.#send(target, batch);
    this.#collecting.clear();
  }

  #send(target: Target, { calls, waiting }: Batch<Call, Outcome>): void {
    const sent = this.#answer(target, calls)
      .then((outcomes) => {
        waiting.forEach(({ resolve, reject }, index) => {
          const outcome = outcomes[index];
          if (outcome instanceof SixpackError) reject(outcome);
          else if (outcome !== undefined) resolve(outcome);
          else reject(new SixpackError("internal", `Expected ${calls.length} outcomes, got ${outcomes.length}`));
        });
      })
      .catch((error: unknown) => {
        for (const { reject } of waiting) reject(error);
      })
      .finally(() => this.#underWay.delete(sent));
    this.#underWay.add(sent);
  }
}

/**
 * Frees the keys of lives that were removed long enough ago or never published. What was interrupted is finished by the next
 * sweep, and what makes no sense is left for whoever mends it.
 */
import { isOfExperiment } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { Act } from "../lives.ts";
import { mapInChunks } from "./chunks.ts";
import type { RedisConnection } from "./client.ts";
import type { Definitions } from "./definitions.ts";
import type { Keys } from "./keys.ts";
import type { Lives } from "./lives.ts";
import { integerIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";
import { unlinkRecords } from "./walk.ts";

export class Sweep {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #definitions: Definitions;
  readonly #lives: Lives;

  constructor(connection: RedisConnection, keys: Keys, definitions: Definitions, lives: Lives) {
    this.#connection = connection;
    this.#keys = keys;
    this.#definitions = definitions;
    this.#lives = lives;
  }

  /** Restartable: a life is marked first and its definition goes last, so whatever was left by a crash is found again. */
  async removed(removedUntilMs: number): Promise<number> {
    // Read first: a name that changes from now on stays in the index.
    const names = await this.#definitions.names();
    let swept = 0;
    for (const { experiment, state } of await this.#lives.all([...names.keys()])) {
      if (state === "live") continue;
      const freed = this.#free(experiment, { kind: "sweep", untilMs: removedUntilMs });
      if (await freed.catch(falseForDamaged)) swept += 1;
    }
    await mapInChunks([...names], ([name, sequence]) => this.#forgetName(name, sequence));
    return swept;
  }

  /** A life that was staged; one that was published meanwhile stays. */
  async discard(staged: Experiment): Promise<void> {
    await this.#free(staged, { kind: "discard" });
  }

  async #free(experiment: Experiment, act: Act): Promise<boolean> {
    const { name, life } = experiment;
    const { kind } = await this.#lives.move(name, act, life);
    if (kind !== "moved") return false;
    const keys = this.#keys.life(experiment);
    await unlinkRecords(this.#connection, keys);
    await this.#connection.send("UNLINK", keys.tallies, keys.unrecorded);
    // Of two processes that sweep the same life, one counts it.
    return this.#lives.drop(experiment);
  }

  async #forgetName(name: string, sequence: number): Promise<void> {
    // The live one is among them.
    if (integerIn(await this.#connection.send("EXISTS", this.#keys.name(name).lives)) > 0) return;
    await this.#connection.run(SCRIPTS.untouch, [this.#keys.experiments], name, String(sequence));
  }
}

/** One that can't be freed must not hold up the others. */
function falseForDamaged(error: unknown): false {
  if (isOfExperiment(error)) return false;
  throw error;
}

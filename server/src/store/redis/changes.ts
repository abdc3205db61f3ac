/**
 * Changes of definitions, one at a time by compare-and-set, and then announced to the other processes.
 *
 * A definition and the index may lie in different slots of a Cluster, so they are written one after the other. A change
 * that a crash kept from being announced is found when remembered definitions are read again in turn.
 */
import type { ClientKey } from "../../domain/digest.ts";
import { type Experiment, withForgotten } from "../../domain/experiment.ts";
import type { ChangeOutcome, ForgetOutcome } from "../store.ts";
import type { RedisConnection } from "./client.ts";
import { bodyArguments, definitionIn } from "./definition.ts";
import type { Definitions } from "./definitions.ts";
import type { Keys } from "./keys.ts";
import { arrayIn, textIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";

export class Changes {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #definitions: Definitions;

  constructor(connection: RedisConnection, keys: Keys, definitions: Definitions) {
    this.#connection = connection;
    this.#keys = keys;
    this.#definitions = definitions;
  }

  async change(next: Experiment): Promise<ChangeOutcome> {
    const { name, incarnation, version } = next;
    const args = [String(incarnation), String(version), ...bodyArguments(next)];
    const [kind, reply] = arrayIn(await this.#connection.run(SCRIPTS.change, [this.#keys.definition(name)], ...args));
    const experiment = reply === undefined ? undefined : definitionIn(name, reply);
    this.#definitions.wrote(name, experiment);
    if (experiment === undefined) return { kind: "missing" };
    if (textIn(kind) === "conflict") return { kind: "conflict", experiment };
    await this.#definitions.touch(name);
    return { kind: "changed", experiment };
  }

  async forgetClient(experiment: Experiment, client: ClientKey): Promise<ForgetOutcome> {
    const { name, incarnation, version } = experiment;
    const { records, ids, tallies } = this.#keys.life(experiment);
    const next = { ...withForgotten(experiment), version: version + 1 };
    const keys = [this.#keys.definition(name), this.#keys.removed(name), records, tallies] as const;
    const bytes = Buffer.from(client, "latin1");
    const args = [String(incarnation), String(version), bytes, ...bodyArguments(next), ids];
    const kind = textIn(await this.#connection.run(SCRIPTS.forget, keys, ...args));
    if (kind !== "forgotten") return { kind: kind === "unknown" ? kind : "stale" };
    // The life may be one that was removed; this remembers what is live under the name, if anything is.
    await this.#definitions.read(name);
    await this.#definitions.touch(name);
    return { kind, experiment: next };
  }
}

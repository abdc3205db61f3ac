/**
 * Changes of definitions: one at a time by compare-and-set where the definition lies, and then told to whoever has to know.
 *
 * A definition and the index may lie in different slots of a Cluster, so they are written one after the other. A change
 * that a crash kept from being announced is found when remembered definitions are read again in turn.
 */
import type { ClientKey } from "../../domain/digest.ts";
import { type Experiment, withForgotten } from "../../domain/experiment.ts";
import type { ExperimentName } from "../../domain/names.ts";
import { refuseShards, shardsOf, withLostEpochs } from "../../domain/shards.ts";
import type { ChangeOutcome, ForgetOutcome } from "../store.ts";
import type { RedisConnection } from "./client.ts";
import { bodyArguments, definitionIn } from "./definition.ts";
import type { Definitions } from "./definitions.ts";
import type { Gates } from "./gates.ts";
import type { Keys, Shard } from "./keys.ts";
import { unlinkShard } from "./records.ts";
import { arrayIn, textIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";

export class Changes {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #definitions: Definitions;
  readonly #gates: Gates;

  constructor(connection: RedisConnection, keys: Keys, definitions: Definitions, gates: Gates) {
    this.#connection = connection;
    this.#keys = keys;
    this.#definitions = definitions;
    this.#gates = gates;
  }

  async change(next: Experiment): Promise<ChangeOutcome> {
    const stored = await this.#base(next);
    if (stored === undefined) return { kind: "missing" };
    if (stored.version !== next.version || stored.incarnation !== next.incarnation) {
      return { kind: "conflict", experiment: stored };
    }
    return shardsOf(stored) === shardsOf(next) ? this.#write(next) : this.#spread(stored, next);
  }

  /** Tells this process, the shards and all other processes what is stored now. */
  async announce(name: ExperimentName, experiment: Experiment): Promise<void> {
    this.#definitions.wrote(name, experiment);
    await Promise.all([this.#gates.moveOn(experiment), this.#definitions.touch(name)]);
  }

  /**
   * For a caller that met a gate which doesn't let its definition in. If what is stored is newer, the caller has to read it
   * and decide again, and there is nothing to do. If not, the gate is closed though the life goes on, or further than the
   * definition: somebody gave up a change half way, or a failover took the definition back. Then its version is counted
   * up past the gate.
   */
  async repair(shard: Shard): Promise<void> {
    // The gate first: a definition that is read after it is as new as the gate, unless it was lost.
    const gate = await this.#gates.read(shard);
    const { name, incarnation } = shard.experiment;
    const stored = await this.#definitions.read(name);
    if (gate === undefined || stored?.incarnation !== incarnation) return;
    if (stored.version > gate.version || (stored.version === gate.version && !gate.closed)) return;
    const lost = gate.version > stored.version;
    await this.#write(lost ? withLostEpochs(stored, gate.epoch) : stored, gate.version);
  }

  async forgetClient(experiment: Experiment, client: ClientKey): Promise<ForgetOutcome> {
    const shard = this.#keys.shard(experiment, client);
    const next = { ...withForgotten(experiment), version: experiment.version + 1 };
    const kind = await (shard.number === 0
      ? this.#forgetAtHome(shard, next, client)
      : this.#forget(shard, next, client));
    if (kind !== "forgotten") return { kind: kind === "unknown" ? kind : "stale" };
    // The life may be one that was removed; then this reads what is live under the name, if anything is.
    const stored = await this.#definitions.read(experiment.name);
    if (stored?.incarnation === experiment.incarnation) await this.#gates.moveOn(stored);
    else await this.#gates.close(next);
    await this.#definitions.touch(experiment.name);
    return { kind, experiment: next };
  }

  async #forgetAtHome({ experiment, records, tallies, ids }: Shard, next: Experiment, client: ClientKey) {
    const keys = [this.#keys.definition(next.name), this.#keys.removed(next.name), records, tallies] as const;
    const known = [String(experiment.incarnation), String(experiment.version)];
    const bytes = Buffer.from(client, "latin1");
    return textIn(await this.#connection.run(SCRIPTS.forget, keys, ...known, bytes, ...bodyArguments(next), ids));
  }

  /** The version first: what a crash leaves is a record that the next call forgets. Nobody is told before it is gone. */
  async #forget({ experiment, records, tallies, ids }: Shard, next: Experiment, client: ClientKey): Promise<string> {
    const bytes = Buffer.from(client, "latin1");
    const found = textIn(await this.#connection.run(SCRIPTS.lookup, [records], bytes)).startsWith("e");
    const keys = [this.#keys.definition(next.name), this.#keys.removed(next.name)] as const;
    const known = [String(experiment.incarnation), String(experiment.version), found ? "1" : "0"];
    const kind = textIn(await this.#connection.run(SCRIPTS.forgetVersion, keys, ...known, ...bodyArguments(next)));
    if (kind === "forgotten") await this.#connection.run(SCRIPTS.forgetRecord, [records, tallies], bytes, ids);
    return kind;
  }

  /** The definition on which a change was made, remembered or read. */
  async #base({ name, incarnation, version }: Experiment): Promise<Experiment | undefined> {
    const known = this.#definitions.remembered(name);
    const isIt = known?.incarnation === incarnation && known.version === version;
    return isIt ? known : this.#definitions.read(name);
  }

  /** @param above version above which to count, where that is not the stored one */
  async #write(next: Experiment, above = next.version, occupied: readonly string[] = []): Promise<ChangeOutcome> {
    const { name, incarnation, version } = next;
    const args = [String(incarnation), String(version), ...bodyArguments(next), String(above)];
    const keys = [this.#keys.definition(name), ...occupied] as const;
    const [kind, reply] = arrayIn(await this.#connection.run(SCRIPTS.change, keys, ...args));
    const experiment = reply === undefined ? undefined : definitionIn(name, reply);
    this.#definitions.wrote(name, experiment);
    if (experiment === undefined) return { kind: "missing" };
    if (textIn(kind) === "occupied") refuseShards(name);
    if (textIn(kind) === "conflict") return { kind: "conflict", experiment };
    await this.announce(name, experiment);
    return { kind: "changed", experiment };
  }

  /**
   * A definition spread over another number of shards, while nobody takes part: no gate lets anybody in until it is
   * written, and it is written only if nobody is in shard 0 by then and nobody opened a gate again.
   */
  async #spread(stored: Experiment, next: Experiment): Promise<ChangeOutcome> {
    if (!(await this.#gates.seal(stored))) {
      await this.#write(stored);
      refuseShards(stored.name);
    }
    const { home, shards } = this.#keys.life(stored);
    const outcome = await this.#write(next, next.version, [home.records, home.tallies]);
    if (outcome.kind !== "changed") return outcome;
    const left = shards.slice(shardsOf(next));
    for (const shard of left) await unlinkShard(this.#connection, shard);
    await this.#gates.leave(left);
    return outcome;
  }
}

/**
 * Lives of experiments: begun, changed, moved aside by a reset or delete, brought back, and freed when their time is up.
 *
 * A definition and the index may lie in different slots of a Cluster, so they are written one after the other. A crash
 * in between leaves nothing wrong: a name without a definition is not listed, and a change that was not announced is
 * found when remembered definitions are read again in turn.
 */

import type { ClientKey } from "../../domain/digest.ts";
import { SixpackError } from "../../domain/errors.ts";
import { type Experiment, type ExperimentDraft, withForgotten } from "../../domain/experiment.ts";
import type { ExperimentName } from "../../domain/names.ts";
import type { ChangeOutcome, ForgetOutcome, Freed, RemovedExperiment, Store } from "../store.ts";
import type { ForeignExperiment, PublishOutcome } from "../transfer.ts";
import type { RedisConnection } from "./client.ts";
import {
  type AsideEntry,
  asideEntryIn,
  bodyArguments,
  definitionIn,
  draftArguments,
  newIncarnation,
  stagedEntry,
} from "./definition.ts";
import type { Definitions } from "./definitions.ts";
import type { Keys } from "./keys.ts";
import { recordBytes, unlinkRecords } from "./records.ts";
import { arrayIn, integerIn, numberIn, pairsIn, textIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";

/** Names asked for at once: thousands of experiments must not fill the queue of commands. */
const NAMES_PER_TURN = 500;

export class Lives {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #definitions: Definitions;

  constructor(connection: RedisConnection, keys: Keys, definitions: Definitions) {
    this.#connection = connection;
    this.#keys = keys;
    this.#definitions = definitions;
  }

  async list(): Promise<readonly Experiment[]> {
    const names = [...(await this.#definitions.names()).keys()];
    const experiments = await inTurns(names, (name) => this.#definitions.read(name));
    return experiments.filter((experiment) => experiment !== undefined);
  }

  async create(draft: ExperimentDraft): Promise<Experiment> {
    const stored = await this.#definitions.read(draft.name);
    if (stored !== undefined) return stored;
    // Into the index first, so that no definition is ever missing there, and again at the end: a sweep that saw the
    // name without a definition may take it out in between.
    await this.#definitions.touch(draft.name);
    const reply = await this.#connection.run(
      SCRIPTS.create,
      [this.#keys.definition(draft.name)],
      ...draftArguments(draft),
    );
    const experiment = definitionIn(draft.name, reply);
    if (experiment === undefined)
      throw new SixpackError("internal", `Expected ${draft.name} to be stored, got nothing`);
    this.#definitions.wrote(draft.name, experiment);
    await this.#definitions.touch(draft.name);
    return experiment;
  }

  async change(next: Experiment): Promise<ChangeOutcome> {
    const { name, incarnation, version } = next;
    const [kind, reply] = arrayIn(
      await this.#connection.run(
        SCRIPTS.change,
        [this.#keys.definition(name)],
        String(incarnation),
        String(version),
        ...bodyArguments(next),
      ),
    );
    const experiment = reply === undefined ? undefined : definitionIn(name, reply);
    this.#definitions.wrote(name, experiment);
    if (experiment === undefined) return { kind: "missing" };
    if (textIn(kind) === "conflict") return { kind: "conflict", experiment };
    await this.#definitions.touch(name);
    return { kind: "changed", experiment };
  }

  async remove(
    { name, incarnation }: Experiment,
    removedAtMs: number,
    draft: ExperimentDraft | undefined,
  ): ReturnType<Store["removeExperiment"]> {
    const [kind, reply] = arrayIn(
      await this.#connection.run(
        SCRIPTS.remove,
        [this.#keys.definition(name), this.#keys.removed(name)],
        String(incarnation),
        String(removedAtMs),
        draft === undefined ? "deleted" : "reset",
        ...(draft === undefined ? [] : draftArguments(draft)),
      ),
    );
    if (textIn(kind) === "missing") return { kind: "missing" };
    const successor = reply === undefined ? undefined : definitionIn(name, reply);
    this.#definitions.wrote(name, successor);
    await this.#definitions.touch(name);
    return { kind: "removed", successor };
  }

  async listRemoved(): Promise<readonly RemovedExperiment[]> {
    const entries = await this.#asideEntries();
    return entries.flatMap(({ how, ...entry }) => (how === "reset" || how === "deleted" ? { ...entry, how } : []));
  }

  async restore(name: ExperimentName, incarnation: number, nowMs: number): Promise<Experiment | undefined> {
    const experiment = definitionIn(name, await this.#bringIn(name, incarnation, nowMs, "restore"));
    if (experiment !== undefined) await this.#announce(name, experiment);
    return experiment;
  }

  async stage(definition: ForeignExperiment, nowMs: number): Promise<Experiment> {
    const experiment: Experiment = { ...definition, incarnation: newIncarnation(), version: 1 };
    const { name, incarnation } = experiment;
    // Into the index before and after, as in `create`.
    await this.#definitions.touch(name);
    const entry = stagedEntry(experiment, nowMs);
    await this.#connection.send("HSET", this.#keys.removed(name), String(incarnation), entry);
    await this.#definitions.touch(name);
    return experiment;
  }

  async listStaged(): Promise<readonly Experiment[]> {
    const entries = await this.#asideEntries();
    return entries.filter(({ how }) => how === "staged").map(({ experiment }) => experiment);
  }

  async publish({ name, incarnation }: Experiment, nowMs: number, replace: boolean): Promise<PublishOutcome> {
    const reply = arrayIn(await this.#bringIn(name, incarnation, nowMs, replace ? "replace" : "publish"));
    // The other two answers are a definition, which begins with a number, and nothing.
    const taken = reply.length === 2 ? definitionIn(name, reply[1]) : undefined;
    if (taken !== undefined) return { kind: "taken", experiment: taken };
    const experiment = definitionIn(name, reply);
    if (experiment === undefined) return { kind: "missing" };
    await this.#announce(name, experiment);
    return { kind: "published", experiment };
  }

  async discard(staged: Experiment): Promise<void> {
    await this.#sweepLife(staged, Number.MAX_SAFE_INTEGER);
  }

  async forgetClient(experiment: Experiment, client: ClientKey): Promise<ForgetOutcome> {
    const { name, incarnation, version } = experiment;
    const { definition, records, tallies } = this.#keys.life(experiment);
    const next = { ...withForgotten(experiment), version: version + 1 };
    const [answer] = arrayIn(
      await this.#connection.run(
        SCRIPTS.forget,
        [definition, this.#keys.removed(name), records, tallies],
        String(incarnation),
        String(version),
        Buffer.from(client, "latin1"),
        ...bodyArguments(next),
      ),
    );
    const kind = textIn(answer);
    if (kind !== "forgotten") return { kind: kind === "unknown" ? kind : "stale" };
    // The life may be one that was removed; then this reads what is live under the name, if anything is.
    await this.#definitions.read(name);
    await this.#definitions.touch(name);
    return { kind, experiment: next };
  }

  /** The hash that counts the buckets goes last: what a crash leaves is found by the next call. */
  async freeRecords(experiment: Experiment): Promise<Freed> {
    const stored = await this.#definitions.read(experiment.name);
    if (stored?.incarnation !== experiment.incarnation || stored.compacted !== true) return { clients: 0, bytes: 0 };
    const { records } = this.#keys.life(experiment);
    const entries = await this.#connection.send("HGET", records, "entries");
    const bytes = await recordBytes(this.#connection, records);
    await unlinkRecords(this.#connection, records);
    await this.#connection.send("UNLINK", records);
    return { clients: entries === null ? 0 : numberIn(entries), bytes };
  }

  /** Tells this process and all others what is stored now. */
  async #announce(name: ExperimentName, experiment: Experiment): Promise<void> {
    this.#definitions.wrote(name, experiment);
    await this.#definitions.touch(name);
  }

  #bringIn(name: ExperimentName, incarnation: number, nowMs: number, how: "restore" | "publish" | "replace") {
    const keys = [this.#keys.definition(name), this.#keys.removed(name)] as const;
    return this.#connection.run(SCRIPTS.restore, keys, String(incarnation), String(nowMs), how);
  }

  /** Restartable: a life is claimed first and its entry goes last, so whatever was left by a crash is found again. */
  async sweep(removedUntilMs: number): Promise<number> {
    // Before anything is looked at: a name that is touched from now on stays in the index.
    const names = await this.#definitions.names();
    const entries = await this.#asideEntries();
    let swept = 0;
    for (const { experiment } of entries) {
      if (await this.#sweepLife(experiment, removedUntilMs)) swept += 1;
    }
    await inTurns([...names], ([name, sequence]) => this.#forgetName(name, sequence));
    return swept;
  }

  async #asideEntries(): Promise<readonly AsideEntry[]> {
    const names = [...(await this.#definitions.names()).keys()];
    const entries = await inTurns(names, async (name) => {
      const reply = await this.#connection.send("HGETALL", this.#keys.removed(name));
      return pairsIn(reply).map(([life, entry]) => asideEntryIn(name, life.toString(), entry.toString("utf8")));
    });
    return entries.flat().filter((entry) => entry !== undefined);
  }

  async #sweepLife(experiment: Experiment, removedUntilMs: number): Promise<boolean> {
    const removed = this.#keys.removed(experiment.name);
    const life = String(experiment.incarnation);
    const claimed = await this.#connection.run(SCRIPTS.claim, [removed], life, String(removedUntilMs));
    if (integerIn(claimed) === 0) return false;
    const { records, tallies, unrecorded } = this.#keys.life(experiment);
    await unlinkRecords(this.#connection, records);
    await this.#connection.send("UNLINK", records, tallies, unrecorded);
    // Of two processes that sweep the same life, one counts it.
    return integerIn(await this.#connection.send("HDEL", removed, life)) === 1;
  }

  async #forgetName(name: ExperimentName, sequence: number): Promise<void> {
    const stored = await this.#connection.send("EXISTS", this.#keys.definition(name), this.#keys.removed(name));
    if (integerIn(stored) > 0) return;
    await this.#connection.run(SCRIPTS.untouch, [this.#keys.experiments], name, String(sequence));
  }
}

async function inTurns<Item, Result>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += NAMES_PER_TURN) {
    results.push(...(await Promise.all(items.slice(start, start + NAMES_PER_TURN).map(ask))));
  }
  return results;
}

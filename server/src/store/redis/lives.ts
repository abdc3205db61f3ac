/**
 * Lives of experiments: begun, changed, moved aside by a reset or delete, brought back, and freed when their time is up.
 *
 * A definition and the index may lie in different slots of a Cluster, so they are written one after the other. A crash
 * in between leaves nothing wrong: a name without a definition is not listed, and a change that was not announced is
 * found when remembered definitions are read again in turn.
 */
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment, ExperimentDraft } from "../../domain/experiment.ts";
import type { ExperimentName } from "../../domain/names.ts";
import type { ChangeOutcome, RemovedExperiment, Store } from "../store.ts";
import type { RedisConnection } from "./client.ts";
import { bodyArguments, definitionIn, draftArguments, type RemovedEntry, removedEntryIn } from "./definition.ts";
import type { Definitions } from "./definitions.ts";
import { bucketKey, type Keys } from "./keys.ts";
import { bucketCount } from "./records.ts";
import { arrayIn, integerIn, pairsIn, textIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";

/** Keys freed by one command: keeps each of them short for other callers. */
const KEYS_PER_UNLINK = 500;

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
    const entries = await this.#removedEntries();
    return entries.filter(({ sweeping }) => !sweeping).map(({ removed }) => removed);
  }

  async restore(name: ExperimentName, incarnation: number, nowMs: number): Promise<Experiment | undefined> {
    const reply = await this.#connection.run(
      SCRIPTS.restore,
      [this.#keys.definition(name), this.#keys.removed(name)],
      String(incarnation),
      String(nowMs),
    );
    const experiment = definitionIn(name, reply);
    if (experiment === undefined) return undefined;
    this.#definitions.wrote(name, experiment);
    await this.#definitions.touch(name);
    return experiment;
  }

  /** Restartable: a life is claimed first and its entry goes last, so whatever was left by a crash is found again. */
  async sweep(removedUntilMs: number): Promise<number> {
    // Before anything is looked at: a name that is touched from now on stays in the index.
    const names = await this.#definitions.names();
    const entries = await this.#removedEntries();
    let swept = 0;
    for (const { removed } of entries) {
      if (await this.#sweepLife(removed.experiment, removedUntilMs)) swept += 1;
    }
    await inTurns([...names], ([name, sequence]) => this.#forgetName(name, sequence));
    return swept;
  }

  async #removedEntries(): Promise<readonly RemovedEntry[]> {
    const names = [...(await this.#definitions.names()).keys()];
    const entries = await inTurns(names, async (name) => {
      const reply = await this.#connection.send("HGETALL", this.#keys.removed(name));
      return pairsIn(reply).map(([life, entry]) => removedEntryIn(name, life.toString(), entry.toString("utf8")));
    });
    return entries.flat().filter((entry) => entry !== undefined);
  }

  async #sweepLife(experiment: Experiment, removedUntilMs: number): Promise<boolean> {
    const removed = this.#keys.removed(experiment.name);
    const life = String(experiment.incarnation);
    const claimed = await this.#connection.run(SCRIPTS.claim, [removed], life, String(removedUntilMs));
    if (integerIn(claimed) === 0) return false;
    const { records, tallies } = this.#keys.life(experiment);
    const buckets = await bucketCount(this.#connection, records);
    for (let start = 0; start < buckets; start += KEYS_PER_UNLINK) {
      const count = Math.min(KEYS_PER_UNLINK, buckets - start);
      const keys = Array.from({ length: count }, (_, index) => bucketKey(records, start + index));
      await this.#connection.send("UNLINK", ...keys);
    }
    await this.#connection.send("UNLINK", records, tallies);
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

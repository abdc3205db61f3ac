/**
 * Lives of experiments: begun, moved aside by a reset or delete, loaded aside, and brought back.
 *
 * A definition and the index may lie in different slots of a Cluster, so they are written one after the other. A crash
 * in between leaves nothing wrong: a name without a definition is not listed.
 */
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment, ExperimentDraft } from "../../domain/experiment.ts";
import type { ExperimentName } from "../../domain/names.ts";
import type { RemovalOutcome, RemovedExperiment } from "../store.ts";
import type { ForeignExperiment, PublishOutcome } from "../transfer.ts";
import { asideEntries } from "./aside.ts";
import { mapInChunks } from "./chunks.ts";
import type { RedisConnection } from "./client.ts";
import { type AsideEntry, definitionIn, draftArguments, newIncarnation, stagedEntry } from "./definition.ts";
import type { Definitions } from "./definitions.ts";
import type { Keys } from "./keys.ts";
import { arrayIn, textIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";

type Brought =
  | { readonly kind: "missing" }
  | { readonly kind: "taken"; readonly experiment: Experiment }
  | { readonly kind: "restored"; readonly experiment: Experiment };

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
    const experiments = await mapInChunks(names, (name) => this.#definitions.read(name));
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

  async remove(
    { name, incarnation, version }: Experiment,
    removedAtMs: number,
    draft: ExperimentDraft | undefined,
  ): Promise<RemovalOutcome> {
    const [word, reply] = arrayIn(
      await this.#connection.run(
        SCRIPTS.remove,
        [this.#keys.definition(name), this.#keys.removed(name)],
        String(incarnation),
        String(version),
        String(removedAtMs),
        draft === undefined ? "deleted" : "reset",
        ...(draft === undefined ? [] : draftArguments(draft)),
      ),
    );
    const kind = textIn(word);
    if (kind === "missing" || kind === "conflict") return { kind };
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
    const brought = await this.#bringIn(name, incarnation, nowMs, "restore");
    return brought.kind === "restored" ? brought.experiment : undefined;
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
    const brought = await this.#bringIn(name, incarnation, nowMs, replace ? "replace" : "publish");
    return brought.kind === "restored" ? { kind: "published", experiment: brought.experiment } : brought;
  }

  async #bringIn(
    name: ExperimentName,
    incarnation: number,
    nowMs: number,
    how: "restore" | "publish" | "replace",
  ): Promise<Brought> {
    const keys = [this.#keys.definition(name), this.#keys.removed(name)] as const;
    const [kind, reply] = arrayIn(
      await this.#connection.run(SCRIPTS.restore, keys, String(incarnation), String(nowMs), how),
    );
    const experiment = reply === undefined ? undefined : definitionIn(name, reply);
    if (experiment === undefined) return { kind: "missing" };
    if (textIn(kind) === "taken") return { kind: "taken", experiment };
    this.#definitions.wrote(name, experiment);
    await this.#definitions.touch(name);
    return { kind: "restored", experiment };
  }

  async #asideEntries(): Promise<readonly AsideEntry[]> {
    const names = await this.#definitions.names();
    return asideEntries(this.#connection, this.#keys, [...names.keys()]);
  }
}

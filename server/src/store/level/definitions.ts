/** The definitions and removed lives, all in memory (there are hundreds, not millions) and written through. */
import {
  createdExperiment,
  type Experiment,
  type ExperimentDraft,
  type StoredExperiment,
  upgraded,
} from "../../domain/experiment.ts";
import type { ExperimentName } from "../../domain/names.ts";
import type { RemovedExperiment } from "../store.ts";
import type { Database, GroupCommit } from "./group-commit.ts";
import { bytes, decodeIncarnation, definitionKey, FAMILIES, metaKey, range, removedKey } from "./keys.ts";

const INCARNATIONS = metaKey("incarnations");

export class Definitions {
  readonly #commit: GroupCommit;
  readonly #live = new Map<ExperimentName, Experiment>();
  readonly #removed = new Map<number, RemovedExperiment>();
  #incarnations = 0;

  constructor(commit: GroupCommit) {
    this.#commit = commit;
  }

  async load(database: Database): Promise<void> {
    for await (const value of database.values(range("definition"))) {
      const experiment = parseExperiment(value);
      this.#live.set(experiment.name, experiment);
    }
    for await (const value of database.values(range("removed"))) {
      const removed = parseRemoved(value);
      this.#removed.set(removed.experiment.incarnation, removed);
    }
    this.#incarnations = Number((await database.get(bytes(INCARNATIONS)))?.toString() ?? 0);
  }

  get(name: ExperimentName): Experiment | undefined {
    return this.#live.get(name);
  }

  /** Whether that life is the stored one. */
  has(experiment: Experiment): boolean {
    return this.#live.get(experiment.name)?.incarnation === experiment.incarnation;
  }

  list(): readonly Experiment[] {
    return [...this.#live.values()];
  }

  removed(): readonly RemovedExperiment[] {
    return [...this.#removed.values()];
  }

  set(experiment: Experiment): void {
    this.#live.set(experiment.name, experiment);
    this.#commit.put(definitionKey(experiment.name), json(experiment));
  }

  /** Starts a life with a number of its own. */
  begin(draft: ExperimentDraft, version: number): Experiment {
    this.#incarnations += 1;
    this.#commit.put(INCARNATIONS, Buffer.from(String(this.#incarnations)));
    const experiment = createdExperiment(draft, this.#incarnations, version);
    this.set(experiment);
    return experiment;
  }

  setAside(experiment: Experiment, removedAtMs: number, how: RemovedExperiment["how"]): void {
    const removed: RemovedExperiment = { experiment, removedAtMs, how };
    this.#removed.set(experiment.incarnation, removed);
    this.#commit.put(removedKey(experiment.incarnation), json(removed));
    this.#live.delete(experiment.name);
    this.#commit.put(definitionKey(experiment.name), null);
  }

  restore(name: ExperimentName, incarnation: number, nowMs: number): Experiment | undefined {
    const removed = this.#removed.get(incarnation);
    if (removed?.experiment.name !== name) return undefined;
    const present = this.#live.get(name);
    if (present !== undefined) this.setAside(present, nowMs, "reset");
    this.forgetRemoved(incarnation);
    const version = Math.max(removed.experiment.version, present?.version ?? 0) + 1;
    const experiment = { ...removed.experiment, version };
    this.set(experiment);
    return experiment;
  }

  forgetRemoved(incarnation: number): void {
    this.#removed.delete(incarnation);
    this.#commit.put(removedKey(incarnation), null);
  }

  /** Takes from disk what a lost flush should have changed. */
  readAgain(key: string): void {
    const value = this.#commit.get(key);
    if (key.startsWith(FAMILIES.removed)) {
      if (value === undefined) this.#removed.delete(decodeIncarnation(key));
      else this.#removed.set(decodeIncarnation(key), parseRemoved(value));
      return;
    }
    const name = bytes(key.slice(1)).toString("utf8") as ExperimentName;
    if (value === undefined) this.#live.delete(name);
    else this.#live.set(name, parseExperiment(value));
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), "utf8");
}

function parseExperiment(value: Buffer): Experiment {
  return upgraded(JSON.parse(value.toString("utf8")) as StoredExperiment);
}

function parseRemoved(value: Buffer): RemovedExperiment {
  const removed = JSON.parse(value.toString("utf8")) as RemovedExperiment & { experiment: StoredExperiment };
  return { ...removed, experiment: upgraded(removed.experiment) };
}

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
import type { ForeignExperiment, PublishOutcome } from "../transfer.ts";
import type { Database } from "./database.ts";
import type { GroupCommit } from "./group-commit.ts";
import { bytes, decodeIncarnation, definitionKey, FAMILIES, metaKey, range, removedKey } from "./keys.ts";

const INCARNATIONS = metaKey("incarnations");

/** A life that is not live: to be brought back, or to be published. */
interface Aside extends Omit<RemovedExperiment, "how"> {
  /** `staged`: being loaded. `sweeping`: its keys are being freed, it can't come back. */
  readonly how: RemovedExperiment["how"] | "staged" | "sweeping";
}

export class Definitions {
  readonly #commit: GroupCommit;
  readonly #live = new Map<ExperimentName, Experiment>();
  readonly #aside = new Map<number, Aside>();
  #incarnations = 0;

  constructor(commit: GroupCommit) {
    this.#commit = commit;
  }

  /** Takes everything from disk, in one turn of the event loop: nobody may see half of it. */
  async load(database: Database): Promise<void> {
    const live = (await database.values(range("definition")).all()).map(parseExperiment);
    const aside = (await database.values(range("removed")).all()).map(parseAside);
    const given = Number((await database.get(bytes(INCARNATIONS)))?.toString() ?? 0);
    this.#live.clear();
    for (const experiment of live) this.#live.set(experiment.name, experiment);
    this.#aside.clear();
    for (const entry of aside) this.#aside.set(entry.experiment.incarnation, entry);
    // Never back: a number that was given in vain may be known to a cache.
    this.#incarnations = Math.max(this.#incarnations, given);
  }

  get(name: ExperimentName): Experiment | undefined {
    return this.#live.get(name);
  }

  /** Whether that life is the stored one, or is being loaded. */
  has({ name, incarnation }: Experiment): boolean {
    return this.#live.get(name)?.incarnation === incarnation || this.#aside.get(incarnation)?.how === "staged";
  }

  list(): readonly Experiment[] {
    return [...this.#live.values()];
  }

  removed(): readonly RemovedExperiment[] {
    return [...this.#aside.values()].flatMap(({ how, ...entry }) =>
      how === "staged" || how === "sweeping" ? [] : { ...entry, how },
    );
  }

  staged(): readonly Experiment[] {
    return [...this.#aside.values()].filter(({ how }) => how === "staged").map(({ experiment }) => experiment);
  }

  /**
   * Marks the lives to be freed, so that they can't come back: removed, or staged and never published, at or before that
   * moment, and those whose freeing was interrupted. @returns their incarnations
   */
  markDue(untilMs: number): readonly number[] {
    const due = [...this.#aside.values()].filter(
      ({ how, removedAtMs }) => how === "sweeping" || removedAtMs <= untilMs,
    );
    for (const aside of due) this.#markSweeping(aside);
    return due.map(({ experiment }) => experiment.incarnation);
  }

  /** Marks a staged life as one to be freed; false when it is none (any more). */
  markStaged(incarnation: number): boolean {
    const aside = this.#aside.get(incarnation);
    if (aside?.how !== "staged") return false;
    this.#markSweeping(aside);
    return true;
  }

  set(experiment: Experiment): void {
    this.#live.set(experiment.name, experiment);
    this.#commit.put(definitionKey(experiment.name), json(experiment));
  }

  /** Starts a life with a number of its own. */
  begin(draft: ExperimentDraft, version: number): Experiment {
    const experiment = createdExperiment(draft, this.#nextIncarnation(), version);
    this.set(experiment);
    return experiment;
  }

  stage(definition: ForeignExperiment, nowMs: number): Experiment {
    const experiment = { ...definition, incarnation: this.#nextIncarnation(), version: 1 };
    this.#setAside({ experiment, removedAtMs: nowMs, how: "staged" });
    return experiment;
  }

  setAside(experiment: Experiment, removedAtMs: number, how: RemovedExperiment["how"]): void {
    this.#setAside({ experiment, removedAtMs, how });
    this.#live.delete(experiment.name);
    this.#commit.put(definitionKey(experiment.name), null);
  }

  restore(name: ExperimentName, incarnation: number, nowMs: number): Experiment | undefined {
    const removed = this.#aside.get(incarnation);
    if (removed?.experiment.name !== name || removed.how === "staged" || removed.how === "sweeping") return undefined;
    return this.#bringIn(removed.experiment, nowMs);
  }

  publish({ name, incarnation }: Experiment, nowMs: number, replace: boolean): PublishOutcome {
    const staged = this.#aside.get(incarnation);
    if (staged?.how !== "staged") return { kind: "missing" };
    const present = this.#live.get(name);
    if (present !== undefined && !replace) return { kind: "taken", experiment: present };
    return { kind: "published", experiment: this.#bringIn(staged.experiment, nowMs) };
  }

  forgetAside(incarnation: number): void {
    this.#aside.delete(incarnation);
    this.#commit.put(removedKey(incarnation), null);
  }

  /** Whether this very version of the life is stored, live or aside. */
  isStored({ name, incarnation, version }: Experiment): boolean {
    const live = this.#live.get(name);
    if (live?.incarnation === incarnation) return live.version === version;
    const aside = this.#aside.get(incarnation);
    return aside !== undefined && aside.how !== "sweeping" && aside.experiment.version === version;
  }

  /** Writes the next version of a life where it is stored, live or aside. */
  replace(next: Experiment): void {
    const aside = this.#aside.get(next.incarnation);
    if (aside === undefined) this.set(next);
    else this.#setAside({ ...aside, experiment: next });
  }

  #nextIncarnation(): number {
    this.#incarnations += 1;
    this.#commit.put(INCARNATIONS, Buffer.from(String(this.#incarnations)));
    return this.#incarnations;
  }

  #setAside(aside: Aside): void {
    this.#aside.set(aside.experiment.incarnation, aside);
    this.#commit.put(removedKey(aside.experiment.incarnation), json(aside));
  }

  #markSweeping(aside: Aside): void {
    if (aside.how !== "sweeping") this.#setAside({ ...aside, how: "sweeping" });
  }

  /** Makes a life that is aside the live one; the one that is live by then is moved aside. */
  #bringIn(aside: Experiment, nowMs: number): Experiment {
    const present = this.#live.get(aside.name);
    if (present !== undefined) this.setAside(present, nowMs, "reset");
    this.forgetAside(aside.incarnation);
    const version = Math.max(aside.version, present?.version ?? 0) + 1;
    const experiment = { ...aside, version };
    this.set(experiment);
    return experiment;
  }

  /** Takes from disk what a lost flush should have changed. */
  readAgain(key: string): void {
    const value = this.#commit.get(key);
    if (key.startsWith(FAMILIES.removed)) {
      if (value === undefined) this.#aside.delete(decodeIncarnation(key));
      else this.#aside.set(decodeIncarnation(key), parseAside(value));
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

function parseAside(value: Buffer): Aside {
  const aside = JSON.parse(value.toString("utf8")) as Aside & { experiment: StoredExperiment };
  return { ...aside, experiment: upgraded(aside.experiment) };
}

/** Every life, held in memory (there are hundreds, not millions) and written to disk with every change. */
import { createdExperiment, type ExperimentDraft } from "../../domain/draft.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { parsedJson } from "../../lib/parsed-json.ts";
import {
  type Act,
  checkedLife,
  isUnreadable,
  type Life,
  type LifeState,
  type Move,
  moveOf,
  unreadable,
} from "../lives.ts";
import type { UnreadableExperiment } from "../stored-schema.ts";
import type { ForeignExperiment } from "../transfer.ts";
import type { Database } from "./database.ts";
import type { GroupCommit } from "./group-commit.ts";
import { bytes, decodeLife, definitionKey, metaKey, range } from "./keys.ts";
import type { RecordFilter } from "./record-filter.ts";

const LIVES_GIVEN = metaKey("lives");

export class Lives {
  readonly #commit: GroupCommit;
  readonly #filter: RecordFilter;
  readonly #lives = new Map<number, Life>();
  readonly #live = new Map<string, Experiment>();
  /** Unreadable lives by number. Their names stay taken: a new life would replace one that may still be repaired. */
  readonly #unreadable = new Map<number, UnreadableExperiment>();
  #given = 0;

  constructor(commit: GroupCommit, filter: RecordFilter) {
    this.#commit = commit;
    this.#filter = filter;
  }

  /** Reads everything from disk in one turn of the event loop, so that nobody sees half of it. */
  async load(database: Database): Promise<void> {
    const stored = await database.iterator(range("definition")).all();
    const given = Number((await database.get(bytes(LIVES_GIVEN)))?.toString() ?? 0);
    this.#lives.clear();
    this.#live.clear();
    this.#unreadable.clear();
    for (const [key, value] of stored) this.#take(decodeLife(key.toString("latin1")), value);
    // Never goes back: a cache may know a number that was given and not used.
    this.#given = Math.max(this.#given, given);
  }

  /** The live definition of a name. */
  get(name: string): Experiment | undefined {
    return this.#live.get(name);
  }

  /** As `get`. @throws SixpackError experiment-unreadable: what is stored under the name makes no sense */
  read(name: string): Experiment | undefined {
    const live = this.#live.get(name);
    if (live !== undefined) return live;
    const [broken] = this.unreadable().filter((life) => life.name === name);
    if (broken !== undefined) throw unreadable(broken);
    return undefined;
  }

  unreadable(): readonly UnreadableExperiment[] {
    return [...this.#unreadable.values()];
  }

  /** Whether that life is the live one, or is being loaded. */
  has({ life }: Experiment): boolean {
    const state = this.#lives.get(life)?.state;
    return state === "live" || state === "staged";
  }

  /** Whether that life is kept, be it aside: what was removed can come back until it is swept. */
  keeps({ life }: Experiment): boolean {
    const state = this.#lives.get(life)?.state;
    return state !== undefined && state !== "sweeping";
  }

  /** The definition of a life as it is now, live or aside; the one that is given where there is none any more. */
  current(experiment: Experiment): Experiment {
    return this.numbered(experiment.life) ?? experiment;
  }

  /** The definition of a life, live or aside. */
  numbered(life: number): Experiment | undefined {
    return this.#lives.get(life)?.experiment;
  }

  list(): readonly Experiment[] {
    return [...this.#live.values()];
  }

  in(...states: readonly LifeState[]): readonly Life[] {
    return [...this.#lives.values()].filter(({ state }) => states.includes(state));
  }

  /** A draft as a life with a number of its own, which an act may store. */
  drafted(draft: ExperimentDraft): Experiment {
    const life = this.#nextLife();
    this.#filter.begin(life);
    return createdExperiment(draft, life, 1);
  }

  stage(definition: ForeignExperiment, nowMs: number): Experiment {
    const experiment = { ...definition, life: this.#nextLife(), version: 1 };
    this.move(experiment.name, { kind: "stage", experiment, nowMs });
    return experiment;
  }

  /**
   * @param life that the act is about, where it is not the live one
   * @throws SixpackError experiment-unreadable: what stands in the place of the life that would become live makes no sense
   */
  move(name: string, act: Act, life?: number): Move {
    const live = MAKES_LIVE.has(act.kind) ? this.read(name) : this.#live.get(name);
    const named = life === undefined ? undefined : this.#lives.get(life);
    const move = moveOf(
      {
        live: live && this.#lives.get(live.life),
        named: named?.experiment.name === name ? named : undefined,
      },
      act,
    );
    if (move.kind === "moved") for (const life of move.written) this.#write(life);
    return move;
  }

  /** Whether exactly that version of a life is stored, live or aside, and not being swept. */
  isStored({ life, version }: Experiment): boolean {
    const stored = this.#lives.get(life);
    return stored !== undefined && stored.state !== "sweeping" && stored.experiment.version === version;
  }

  /** Writes the next version of a life, live or aside. */
  replace(next: Experiment): void {
    const life = this.#lives.get(next.life);
    if (life !== undefined) this.#write({ ...life, experiment: next });
  }

  /** A life whose keys were freed. */
  drop(life: number): void {
    this.#forget(life);
    this.#filter.end(life);
    this.#commit.put(definitionKey(life), null);
  }

  /** Reads from disk again what a lost flush should have changed. */
  readAgain(key: string): void {
    const value = this.#commit.get(key);
    const life = decodeLife(key);
    this.#forget(life);
    if (value !== undefined) this.#take(life, value);
  }

  #take(number: number, value: Buffer): void {
    const life = parseLife(value, number);
    if (isUnreadable(life)) this.#unreadable.set(number, life);
    else this.#remember(life);
  }

  #nextLife(): number {
    this.#given += 1;
    this.#commit.put(LIVES_GIVEN, Buffer.from(String(this.#given)));
    return this.#given;
  }

  #write(written: Life): void {
    this.#remember(written);
    this.#commit.put(definitionKey(written.experiment.life), Buffer.from(JSON.stringify(written), "utf8"));
  }

  #remember(known: Life): void {
    const { name, life } = known.experiment;
    this.#lives.set(life, known);
    if (known.state === "live") this.#live.set(name, known.experiment);
    else if (this.#live.get(name)?.life === life) this.#live.delete(name);
  }

  #forget(life: number): void {
    const name = this.#lives.get(life)?.experiment.name;
    this.#lives.delete(life);
    if (name !== undefined && this.#live.get(name)?.life === life) this.#live.delete(name);
  }
}

/** What is no longer kept may go whatever else lies under its name. */
const MAKES_LIVE: ReadonlySet<Act["kind"]> = new Set(["begin", "restore", "publish"]);

/** @param number by its key */
export function parseLife(value: Buffer, number: number): Life | UnreadableExperiment {
  return checkedLife(parsedJson(value.toString("utf8")), `life ${number}`);
}

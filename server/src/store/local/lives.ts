/** Every life, in memory (there are hundreds, not millions) and written through. */
import { createdExperiment, type Experiment, type ExperimentDraft } from "../../domain/experiment.ts";
import { type Act, type Life, type LifeState, type Move, moveOf } from "../lives.ts";
import type { ForeignExperiment } from "../transfer.ts";
import type { Database } from "./database.ts";
import type { GroupCommit } from "./group-commit.ts";
import { bytes, decodeIncarnation, definitionKey, metaKey, range } from "./keys.ts";

const INCARNATIONS = metaKey("incarnations");

export class Lives {
  readonly #commit: GroupCommit;
  readonly #lives = new Map<number, Life>();
  readonly #live = new Map<string, Experiment>();
  #incarnations = 0;

  constructor(commit: GroupCommit) {
    this.#commit = commit;
  }

  /** Takes everything from disk, in one turn of the event loop: nobody may see half of it. */
  async load(database: Database): Promise<void> {
    const lives = (await database.values(range("definition")).all()).map(parse);
    const given = Number((await database.get(bytes(INCARNATIONS)))?.toString() ?? 0);
    this.#lives.clear();
    this.#live.clear();
    for (const life of lives) this.#remember(life);
    // Never back: a number that was given in vain may be known to a cache.
    this.#incarnations = Math.max(this.#incarnations, given);
  }

  /** The live definition of a name. */
  get(name: string): Experiment | undefined {
    return this.#live.get(name);
  }

  /** Whether that life is the live one, or is being loaded. */
  has({ incarnation }: Experiment): boolean {
    const state = this.#lives.get(incarnation)?.state;
    return state === "live" || state === "staged";
  }

  list(): readonly Experiment[] {
    return [...this.#live.values()];
  }

  in(...states: readonly LifeState[]): readonly Life[] {
    return [...this.#lives.values()].filter(({ state }) => states.includes(state));
  }

  /** A draft as a life with a number of its own, which an act may store. */
  drafted(draft: ExperimentDraft): Experiment {
    return createdExperiment(draft, this.#nextIncarnation(), 1);
  }

  stage(definition: ForeignExperiment, nowMs: number): Experiment {
    const experiment = { ...definition, incarnation: this.#nextIncarnation(), version: 1 };
    this.move(experiment.name, { kind: "stage", experiment, nowMs });
    return experiment;
  }

  /** @param incarnation of the life that the act is about, where it is not about the live one */
  move(name: string, act: Act, incarnation?: number): Move {
    const live = this.#live.get(name);
    const named = incarnation === undefined ? undefined : this.#lives.get(incarnation);
    const move = moveOf(
      {
        live: live && this.#lives.get(live.incarnation),
        named: named?.experiment.name === name ? named : undefined,
      },
      act,
    );
    if (move.kind === "moved") for (const life of move.written) this.#write(life);
    return move;
  }

  /** Whether exactly that version of a life is stored, live or aside, and not being swept. */
  isStored({ incarnation, version }: Experiment): boolean {
    const life = this.#lives.get(incarnation);
    return life !== undefined && life.state !== "sweeping" && life.experiment.version === version;
  }

  /** Writes the next version of a life, live or aside. */
  replace(next: Experiment): void {
    const life = this.#lives.get(next.incarnation);
    if (life !== undefined) this.#write({ ...life, experiment: next });
  }

  /** A life whose keys were freed. */
  drop(incarnation: number): void {
    this.#forget(incarnation);
    this.#commit.put(definitionKey(incarnation), null);
  }

  /** Takes from disk what a lost flush should have changed. */
  readAgain(key: string): void {
    const value = this.#commit.get(key);
    this.#forget(decodeIncarnation(key));
    if (value !== undefined) this.#remember(parse(value));
  }

  #nextIncarnation(): number {
    this.#incarnations += 1;
    this.#commit.put(INCARNATIONS, Buffer.from(String(this.#incarnations)));
    return this.#incarnations;
  }

  #write(life: Life): void {
    this.#remember(life);
    this.#commit.put(definitionKey(life.experiment.incarnation), Buffer.from(JSON.stringify(life), "utf8"));
  }

  #remember(life: Life): void {
    const { name, incarnation } = life.experiment;
    this.#lives.set(incarnation, life);
    if (life.state === "live") this.#live.set(name, life.experiment);
    else if (this.#live.get(name)?.incarnation === incarnation) this.#live.delete(name);
  }

  #forget(incarnation: number): void {
    const name = this.#lives.get(incarnation)?.experiment.name;
    this.#lives.delete(incarnation);
    if (name !== undefined && this.#live.get(name)?.incarnation === incarnation) this.#live.delete(name);
  }
}

/** `undefined` for what can't be read. */
export function parseLife(value: Buffer): Life | undefined {
  try {
    return parse(value);
  } catch {
    return undefined;
  }
}

function parse(value: Buffer): Life {
  return JSON.parse(value.toString("utf8")) as Life;
}

/**
 * Lives of experiments: read, moved from state to state, and announced to the other processes.
 *
 * `store/lives.ts` decides what becomes of a life; one script writes it if what was read is still there, else it is read and
 * decided anew. The lives of a name and the index may lie in different slots of a Cluster, so they are written one after the
 * other: a name without a life is not listed, and a change that a crash kept from being announced is found when remembered
 * definitions are read again in turn.
 */
import { createdExperiment, type ExperimentDraft } from "../../domain/draft.ts";
import { isOfExperiment, SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { type Act, isUnreadable, type Life, liveOf, type Move, moveOf, unreadable } from "../lives.ts";
import type { CreateOutcome } from "../store.ts";
import type { UnreadableExperiment } from "../stored-schema.ts";
import type { ForeignExperiment } from "../transfer.ts";
import { mapInChunks } from "./chunks.ts";
import type { RedisConnection } from "./client.ts";
import { bodyArguments, DEFINITION_FIELDS, lifeIn, newLife } from "./definition.ts";
import type { Definitions, Listed } from "./definitions.ts";
import { type Keys, lifeOf } from "./keys.ts";
import { arrayIn, integerIn, textIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";

/** Every failed try is somebody else's success, so this many in a row mean that something is wrong. */
const TRIES_MAX = 100;

export class Lives {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #definitions: Definitions;
  /** A running list; callers that come meanwhile share it. */
  #reading: Promise<Listed> | undefined;

  constructor(connection: RedisConnection, keys: Keys, definitions: Definitions) {
    this.#connection = connection;
    this.#keys = keys;
    this.#definitions = definitions;
  }

  async list(): Promise<readonly Experiment[]> {
    return (await this.#readAll()).experiments;
  }

  async unreadable(): Promise<readonly UnreadableExperiment[]> {
    return (await (this.#reading ?? this.#readAll())).unreadable;
  }

  #readAll(): Promise<Listed> {
    const reading = this.#definitions.all().finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    this.#reading = reading;
    return reading;
  }

  /** Every life of every name, in whatever state; none of a name of which one makes no sense. */
  async all(names?: readonly string[]): Promise<readonly Life[]> {
    const wanted = names ?? [...(await this.#definitions.names()).keys()];
    const lives = await mapInChunks(wanted, (name) =>
      this.#livesOf(name).catch((error: unknown): readonly Life[] => {
        if (isOfExperiment(error)) return [];
        throw error;
      }),
    );
    return lives.flat();
  }

  async create(draft: ExperimentDraft): Promise<CreateOutcome> {
    const stored = await this.#definitions.read(draft.name);
    if (stored !== undefined) return { kind: "taken", experiment: stored };
    // Into the index first, so that no life is ever missing there, and again at the end: a sweep that saw the name
    // without one may take it out in between.
    await this.#definitions.touch(draft.name);
    const move = await this.move(draft.name, { kind: "begin", experiment: drafted(draft) });
    if (move.kind === "taken") return { kind: "taken", experiment: move.experiment };
    return { kind: "made", experiment: liveOf(move) };
  }

  async stage(definition: ForeignExperiment, nowMs: number): Promise<Experiment> {
    const experiment: Experiment = { ...definition, life: newLife(), version: 1 };
    // Into the index before and after, as in `create`.
    await this.#definitions.touch(experiment.name);
    await this.move(experiment.name, { kind: "stage", experiment, nowMs });
    await this.#definitions.touch(experiment.name);
    return experiment;
  }

  /**
   * Carries an act out, and tells every process where that changed what is live.
   * @param life that the act is about, where it is not the live one
   */
  async move(name: string, act: Act, life?: number): Promise<Move> {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const live = await this.#definitions.readLive(name);
      const named = life === undefined ? undefined : await this.#read(name, lifeOf({ life }));
      if (named !== undefined && isUnreadable(named)) throw unreadable(named);
      const move = moveOf({ live, named }, act);
      if (move.kind !== "moved" || move.written.length === 0) return move;
      if (!(await this.#write(name, move.written, move.live, [live, named]))) continue;
      if (move.live === live?.experiment) return move;
      this.#definitions.wrote(name, move.live);
      await this.#definitions.touch(name);
      return move;
    }
    throw new SixpackError("store-unavailable", `Expected ${name} to rest for a moment, got ${TRIES_MAX} changes`);
  }

  /** Removes a life whose keys were freed. False if another process did it. */
  async drop(experiment: Experiment): Promise<boolean> {
    const { name } = experiment;
    const life = lifeOf(experiment);
    const { lives, definitionOf } = this.#keys.name(name);
    // In this order: a life without a definition is found by the next sweep, a definition without a life by nobody.
    const dropped = integerIn(await this.#connection.send("UNLINK", definitionOf(life))) === 1;
    await this.#connection.send("SREM", lives, life);
    return dropped;
  }

  async #livesOf(name: string): Promise<readonly Life[]> {
    const { lives } = this.#keys.name(name);
    const members = arrayIn(await this.#connection.send("SMEMBERS", lives)).map(textIn);
    const found = await Promise.all(
      members.map(async (life) => {
        const read = await this.#read(name, life);
        // Removes what a crash in the middle of `drop` leaves.
        if (read === undefined) await this.#connection.send("SREM", lives, life);
        return read;
      }),
    );
    return found.flatMap((life) => (life === undefined || isUnreadable(life) ? [] : [life]));
  }

  async #read(name: string, life: string): Promise<Life | UnreadableExperiment | undefined> {
    const { definitionOf } = this.#keys.name(name);
    return lifeIn(name, life, await this.#connection.send("HMGET", definitionOf(life), ...DEFINITION_FIELDS));
  }

  /** False where something else is stored by now. @param read what the move was decided on */
  async #write(
    name: string,
    written: readonly Life[],
    next: Experiment | undefined,
    [live, named]: readonly [Life | undefined, Life | undefined],
  ): Promise<boolean> {
    const keys = this.#keys.name(name);
    const definitions = written.map(({ experiment }) => keys.definitionOf(lifeOf(experiment)));
    const fields = written.flatMap(({ experiment, state, sinceMs }) => {
      const before = [live, named].find((one) => one?.experiment.life === experiment.life);
      const expected = before === undefined ? ["", ""] : [before.state, String(before.experiment.version)];
      const next = [state, String(sinceMs), String(experiment.version), ...bodyArguments(experiment)];
      return [lifeOf(experiment), ...expected, ...next];
    });
    const pointers = [live?.experiment, next].map((experiment) => (experiment === undefined ? "" : lifeOf(experiment)));
    const all = [keys.live, keys.lives, ...definitions] as const;
    return integerIn(await this.#connection.run(SCRIPTS.move, all, ...pointers, ...fields)) === 1;
  }
}

/** A draft as a life with a number of its own, which an act may store. */
export function drafted(draft: ExperimentDraft): Experiment {
  return createdExperiment(draft, newLife(), 1);
}

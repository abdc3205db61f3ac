/**
 * Definitions: stored ones, and those that this process remembers so that a request needs no round trip for them, and a
 * list one.
 *
 * Every change of any process touches the index (a sorted set of names by change sequence) after it is written. Polling
 * the index tells which of the remembered definitions to read again. They are used only while the last poll is younger
 * than DEFINITION_AGE_MAX_MS: without Redis the server refuses calls instead of answering from old definitions.
 */
import { isOfExperiment, reasonOf } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { isUnreadable, type Life, unreadable } from "../lives.ts";
import { DEFINITION_AGE_MAX_MS } from "../store.ts";
import type { UnreadableExperiment } from "../stored-schema.ts";
import { ChangeIndex } from "./change-index.ts";
import { mapInChunks } from "./chunks.ts";
import type { RedisConnection } from "./client.ts";
import { lifeIn } from "./definition.ts";
import type { Keys } from "./keys.ts";
import type { Moved } from "./moved.ts";
import type { Presence } from "./presence.ts";
import { arrayIn, textIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";

/** Pause between two polls, in milliseconds: a few of them fit the promised second, also when one is lost. */
const POLL_EVERY_MS = 250;

/**
 * Remembered definitions read again with each poll, in turn, changed or not: a process that dies between writing a
 * change and touching the index leaves others with the old definition until then.
 */
const REREAD_PER_POLL = 4;

/** What lies under the names of the index. */
export interface Listed {
  readonly experiments: readonly Experiment[];
  readonly unreadable: readonly UnreadableExperiment[];
}

export class Definitions {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #presence: Presence;
  readonly #moved: Moved;
  readonly #index: ChangeIndex;
  readonly #remembered = new Map<string, Experiment>();
  /** Counts events that may make a running read out of date. The result of such a read is not remembered. */
  #generation = 0;
  /** Sequence number up to which changes are known; `undefined` when nothing is remembered yet. */
  #sequence: number | undefined;
  /** Names with something under them, as the index had them when `last` was its last number. */
  #listed: { readonly last: number; readonly names: Set<string> } | undefined;
  /** Counts how often everything was forgotten. A poll from before then says nothing of what is remembered now. */
  #era = 0;
  #polledAtMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(connection: RedisConnection, keys: Keys, presence: Presence, moved: Moved) {
    this.#connection = connection;
    this.#keys = keys;
    this.#presence = presence;
    this.#moved = moved;
    this.#index = new ChangeIndex(connection, keys.experiments, "utf8");
  }

  peek(name: string): Experiment | undefined {
    if (performance.now() - this.#polledAtMs >= DEFINITION_AGE_MAX_MS) return undefined;
    return this.#remembered.get(name);
  }

  async read(name: string): Promise<Experiment | undefined> {
    return (await this.readLive(name))?.experiment;
  }

  /** @throws SixpackError experiment-unreadable */
  async readLive(name: string): Promise<Life | undefined> {
    const generation = this.#generation;
    const { live } = this.#keys.name(name);
    try {
      const [life, ...fields] = arrayIn(await this.#connection.run(SCRIPTS.read, [live]));
      const read = life === undefined ? undefined : (lifeIn(name, textIn(life), fields) ?? lost(name));
      if (read !== undefined && isUnreadable(read)) throw unreadable(read);
      if (generation === this.#generation) this.#remember(name, read?.experiment);
      return read;
    } catch (error) {
      if (isOfExperiment(error)) this.#remembered.delete(name);
      throw error;
    }
  }

  /**
   * Every live experiment, in no particular order. One small answer tells that nothing has changed since the last time; what
   * has changed is read.
   */
  async all(): Promise<Listed> {
    await this.#poll();
    const names = await this.#listedNames();
    const [experiments, unknown]: [Experiment[], string[]] = [[], []];
    for (const name of names) {
      const experiment = this.#remembered.get(name);
      if (experiment === undefined) unknown.push(name);
      else experiments.push(experiment);
    }
    const unreadable: UnreadableExperiment[] = [];
    await mapInChunks(unknown, async (name) => {
      try {
        const experiment = await this.read(name);
        if (experiment !== undefined) experiments.push(experiment);
        // Whoever puts something under it touches the index afterwards: until then, nobody has to ask again.
        else names.delete(name);
      } catch (error) {
        if (!isOfExperiment(error)) throw error;
        unreadable.push({ name, reason: reasonOf(error) });
      }
    });
    return { experiments, unreadable };
  }

  /** Remembers what this process has just written; `undefined` for a deletion. */
  wrote(name: string, experiment: Experiment | undefined): void {
    this.#generation += 1;
    this.#remember(name, experiment);
  }

  /** Tells every process that a definition has changed. */
  async touch(name: string): Promise<void> {
    await this.#index.touch(name);
  }

  /** Every name of the index with its sequence number; there may be nothing stored under it any more. */
  async names(): Promise<ReadonlyMap<string, number>> {
    return (await this.#index.since(Number.NEGATIVE_INFINITY))?.changed ?? new Map();
  }

  /** Forgets everything: after a lost connection the index may have gone back to an earlier state. */
  forget(): void {
    this.#generation += 1;
    this.#era += 1;
    this.#remembered.clear();
    this.#sequence = undefined;
    this.#listed = undefined;
  }

  async start(): Promise<void> {
    await this.#pollOnce();
    if (!this.#stopped) this.#timer = setTimeout(() => this.start(), POLL_EVERY_MS).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #pollOnce(): Promise<void> {
    const startedAtMs = performance.now();
    try {
      await this.#presence.check();
      await Promise.all([this.#poll(this.#nextInTurn()), this.#moved.poll()]);
      this.#polledAtMs = startedAtMs;
    } catch {
      // Redis can't be reached. What is remembered gets older until a poll succeeds; callers get the reason from their
      // own calls.
    }
  }

  /** @param more names to read again besides those that have changed */
  async #poll(more: readonly string[] = []): Promise<void> {
    const [sequence, era] = [this.#sequence, this.#era];
    if (sequence === undefined) {
      const last = await this.#index.last();
      // What was read before this answer may have changed before it: polling would never tell.
      this.forget();
      this.#sequence = last;
      return;
    }
    const changes = await this.#index.since(sequence);
    if (changes === undefined) return this.forget();
    const due = [...changes.changed.keys()];
    if (due.length > 0) this.#generation += 1;
    const known = due.filter((name) => this.#remembered.has(name));
    await Promise.all([...known, ...more].map((name) => this.#readAgain(name)));
    // Only now: after a failure on the way the same changes have to come again.
    if (era === this.#era) this.#sequence = changes.last;
  }

  /** Any change moves the last number of the index, so the same number is the same names. */
  async #listedNames(): Promise<Set<string>> {
    if (this.#listed !== undefined && this.#listed.last === this.#sequence) return this.#listed.names;
    const era = this.#era;
    const { changed, last } = (await this.#index.since(Number.NEGATIVE_INFINITY)) ?? { changed: new Map(), last: 0 };
    const names = new Set<string>(changed.keys());
    if (era === this.#era) this.#listed = { last, names };
    return names;
  }

  async #readAgain(name: string): Promise<void> {
    const generation = this.#generation;
    // A definition that can't be read is reported to the call that asks for it, and must not prevent reading the
    // others.
    await this.read(name).catch((error: unknown) => {
      if (!isOfExperiment(error)) throw error;
    });
    // A change came in between, so `read` did not remember it. The old one must not stay, or it would never be read
    // again.
    if (generation !== this.#generation) this.#remembered.delete(name);
  }

  #nextInTurn(): readonly string[] {
    const next = [...this.#remembered].slice(0, REREAD_PER_POLL);
    for (const [name, experiment] of next) {
      // Moves it to the end: a map keeps the order in which keys were inserted.
      this.#remembered.delete(name);
      this.#remembered.set(name, experiment);
    }
    return next.map(([name]) => name);
  }

  #remember(name: string, experiment: Experiment | undefined): void {
    if (experiment === undefined) this.#remembered.delete(name);
    else this.#remembered.set(name, experiment);
  }
}

/** A name whose life has no definition stays taken: what is left of it may be all its records. */
function lost(name: string): UnreadableExperiment {
  return { name, reason: "Expected the definition of its life, got none" };
}

/**
 * Notices changes by polling, because the store sends no events and other processes may write to it. One poll serves
 * all who wait for the same thing, and polling takes at most a tenth of the time, however large the store.
 */
import { createHash } from "node:crypto";
import { STORAGES } from "../../config/storages.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { ListBoard } from "../../service/analysis/list-board.ts";
import type { ServiceContext } from "../../service/context.ts";
import type { Store } from "../../store/store.ts";

/** Least time between two looks, and so between two notices, in milliseconds. */
const PULSE_INTERVAL_MS = 1_000;
/** Looking rests this many times as long as it took. */
const REST_FACTOR = 9;
type Listener = (stamp: string) => void;

interface Watch {
  readonly listeners: Set<Listener>;
  timer: NodeJS.Timeout;
  /** As it was at the last look; `undefined` before the first. */
  stamp: string | undefined;
}

export class Pulse {
  readonly #store: Store;
  readonly #list: ListBoard;
  /** Tells looks of one process from those of another where marks count from its start. */
  readonly #process: string;
  readonly #watches = new Map<string, Watch>();
  #origin: Promise<string> | undefined;

  /** @param process a text that no other process has */
  constructor({ store, analyst }: Pick<ServiceContext, "store" | "analyst">, process: string) {
    this.#store = store;
    this.#list = analyst.list;
    this.#process = process;
  }

  /**
   * Calls back with the stamp of `subject` as soon as it is known, and with every other one that it gets. Returns a function
   * that stops it.
   */
  watch(subject: string, listener: Listener): () => void {
    const watch = this.#watches.get(subject) ?? this.#start(subject);
    watch.listeners.add(listener);
    if (watch.stamp !== undefined) listener(watch.stamp);
    return () => {
      watch.listeners.delete(listener);
      if (watch.listeners.size > 0) return;
      clearTimeout(watch.timer);
      this.#watches.delete(subject);
    };
  }

  /**
   * A text that is another one whenever the subject has changed. It reads one number per experiment, never its tallies,
   * so that looking every second costs next to nothing.
   */
  async stamp(subject: string): Promise<string> {
    const hash = createHash("sha1").update(await this.#originOfMarks());
    const name = subject.startsWith("experiment:") ? subject.slice("experiment:".length) : undefined;
    for (const text of name === undefined ? await this.#ofAll() : [await this.#ofOne(name)]) {
      hash.update(text);
    }
    return hash.digest("base64url");
  }

  /** Sorted, as the store lists in no particular order. The marks are asked for in one turn: an engine may answer them together. */
  async #ofAll(): Promise<readonly string[]> {
    const all = await this.#store.definitions.list();
    return (await Promise.all(all.map((experiment) => this.#ofExperiment(experiment)))).sort();
  }

  async #ofOne(name: string): Promise<string> {
    const experiment = await this.#store.definitions.read(name);
    return experiment === undefined ? "gone" : this.#ofExperiment(experiment);
  }

  async #ofExperiment(experiment: Experiment): Promise<string> {
    const { life, version } = experiment;
    return `${life}:${version}:${await this.#store.tallies.mark(experiment)};`;
  }

  /** An engine of several processes keeps the marks for all of them; elsewhere they begin anew with the process. */
  #originOfMarks(): Promise<string> {
    this.#origin ??= this.#store
      .status()
      .then(({ engine }) => (STORAGES[engine].oneProcess === null ? engine : this.#process));
    // A store that did not answer is asked again.
    this.#origin.catch(() => {
      this.#origin = undefined;
    });
    return this.#origin;
  }

  #start(subject: string): Watch {
    const watch: Watch = { listeners: new Set(), timer: setTimeout(() => {}, 0), stamp: undefined };
    this.#watches.set(subject, watch);
    const look = async (): Promise<void> => {
      const startedMs = performance.now();
      try {
        // Figures of a list that were behind and are not any more are news as well, but to this process only.
        const stamp = `${await this.stamp(subject)}-${this.#list.revision}`;
        if (watch.stamp !== stamp) for (const listener of watch.listeners) listener(stamp);
        watch.stamp = stamp;
      } catch {
        // If the store does not answer, there is nothing to report; pages show that themselves when they are requested.
      }
      if (watch.listeners.size === 0) return;
      const restMs = Math.max(PULSE_INTERVAL_MS, REST_FACTOR * (performance.now() - startedMs));
      watch.timer = setTimeout(look, restMs);
      watch.timer.unref();
    };
    void look();
    return watch;
  }
}

/**
 * Notices that something changed, by looking: the store tells nobody, and other processes may write to it. One look serves
 * all who wait for the same thing, and looks take at most a tenth of the time, however large the store.
 */
import { createHash } from "node:crypto";
import type { Experiment } from "../domain/experiment.ts";
import type { ExperimentName } from "../domain/names.ts";
import type { ServiceContext } from "../service/context.ts";

/** Least time between two looks, and so between two notices, in milliseconds. */
export const PULSE_INTERVAL_MS = 1_000;
/** Looking rests this many times as long as it took. */
const REST_FACTOR = 9;

type Listener = (stamp: string) => void;

interface Watch {
  readonly listeners: Set<Listener>;
  timer: NodeJS.Timeout;
}

export class Pulse {
  readonly #context: Pick<ServiceContext, "store">;
  readonly #watches = new Map<string, Watch>();

  constructor(context: Pick<ServiceContext, "store">) {
    this.#context = context;
  }

  /** Calls back when what `subject` names has changed. Returns a function that stops it. */
  watch(subject: string, listener: Listener): () => void {
    const watch = this.#watches.get(subject) ?? this.#start(subject);
    watch.listeners.add(listener);
    return () => {
      watch.listeners.delete(listener);
      if (watch.listeners.size > 0) return;
      clearTimeout(watch.timer);
      this.#watches.delete(subject);
    };
  }

  /** A text that is another one whenever the subject has changed. */
  async stamp(subject: string): Promise<string> {
    const { store } = this.#context;
    const hash = createHash("sha1");
    const name = subject.startsWith("experiment:") ? subject.slice("experiment:".length) : undefined;
    if (name === undefined) {
      const all = await store.listExperiments();
      for (const experiment of [...all].sort((a, b) => a.incarnation - b.incarnation)) {
        hash.update(await this.#stampOf(experiment));
      }
    } else {
      const experiment = await store.readExperiment(name as ExperimentName);
      hash.update(experiment === undefined ? "gone" : await this.#stampOf(experiment));
    }
    return hash.digest("base64url");
  }

  async #stampOf(experiment: Experiment): Promise<string> {
    let [clients, events, days] = [0, 0, 0];
    for (const tally of await this.#context.store.readTallies(experiment)) {
      clients += tally.clients;
      events += tally.events;
      days += tally.day;
    }
    return `${experiment.incarnation}:${experiment.version}:${clients}:${events}:${days};`;
  }

  #start(subject: string): Watch {
    const watch: Watch = { listeners: new Set(), timer: setTimeout(() => {}, 0) };
    this.#watches.set(subject, watch);
    let last: string | undefined;
    const look = async (): Promise<void> => {
      const startedMs = performance.now();
      try {
        const stamp = await this.stamp(subject);
        if (last !== undefined && last !== stamp) for (const listener of watch.listeners) listener(stamp);
        last = stamp;
      } catch {
        // A store that does not answer has no news; pages say so themselves when they are asked for.
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

/** Any engine, with its verbs timed and its outcomes counted for `/metrics`. */
import type { MeasuredVerb, StoreMeter } from "../ops/store-meter.ts";
import type { Store } from "./store.ts";

/**
 * Wraps a store to measure its calls. Only asynchronous calls are timed; a look-up in the assignment cache is only
 * counted.
 *
 * @param onFailure hears why a measured call failed
 */
export function measureStore(store: Store, meter: StoreMeter, onFailure: (error: unknown) => void): Store {
  const timed = timerOf(meter, onFailure);
  const { peek, definitions, lives, records, tallies, activity, leases, notes, transfer } = store;
  return {
    peek: {
      experiment: (name) => peek.experiment(name),
      assignment(experiment, client) {
        const known = peek.assignment(experiment, client);
        if (known === undefined) meter.misses += 1;
        else meter.hits += 1;
        return known;
      },
      cacheUsage: () => peek.cacheUsage(),
    },
    definitions: {
      read: (name) => timed("readExperiment", () => definitions.read(name)),
      list: () => timed("listExperiments", () => definitions.list()),
      listUnreadable: () => definitions.listUnreadable(),
      create: (draft) => timed("createExperiment", () => definitions.create(draft)),
      change: (next) => timed("changeExperiment", () => definitions.change(next)),
    },
    lives,
    records: {
      read: (experiment, client) => timed("readAssignment", () => records.read(experiment, client)),
      find: (experiment, client) => records.find(experiment, client),
      async participate(participation) {
        const outcome = await timed("recordParticipation", () => records.participate(participation));
        const isNew = outcome.kind === "recorded" && outcome.assignment.kind === "alternative";
        if (!isNew) return outcome;
        const { experiment, segments } = participation;
        meter.countsOf(experiment.name).participations += 1;
        if (segments !== undefined) meter.segments.count(experiment.name, experiment.dimensions ?? [], segments);
        return outcome;
      },
      async convert(conversion) {
        const outcome = await timed("recordConversion", () => records.convert(conversion));
        if (outcome.kind === "converted") meter.countsOf(conversion.experiment.name).conversions += 1;
        return outcome;
      },
      link: (experiment, one, other) => records.link(experiment, one, other),
      forget: (experiment, ...clients) => records.forget(experiment, ...clients),
      free: (experiment) => records.free(experiment),
    },
    tallies: {
      read: (experiment) => timed("readTallies", () => tallies.read(experiment)),
      mark: (experiment) => tallies.mark(experiment),
      recount: (experiment, onUnreadable) => tallies.recount(experiment, onUnreadable),
    },
    activity,
    leases,
    notes,
    transfer,
    status: () => store.status(),
    ping: () => timed("ping", () => store.ping()),
    probe: () => timed("probe", () => store.probe()),
    close: () => store.close(),
  };
}

type Timed = <Answer>(verb: MeasuredVerb, ask: () => Promise<Answer>) => Promise<Answer>;

function timerOf(meter: StoreMeter, onFailure: (error: unknown) => void): Timed {
  return async (verb, ask) => {
    const startedMs = performance.now();
    try {
      return await ask();
    } catch (error) {
      meter.failures[verb] += 1;
      onFailure(error);
      throw error;
    } finally {
      meter.latencies[verb].observe(performance.now() - startedMs);
    }
  };
}

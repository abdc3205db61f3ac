/**
 * Previews an act by running it on a store that reads the real data and keeps writes to itself. So the words before a
 * change are the same as after it.
 */
import { createdExperiment } from "../../domain/draft.ts";
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { Activity } from "../../store/activity.ts";
import type { Store } from "../../store/store.ts";

/** Stores count lives from 1 on. */
const STAGED_LIFE = 0;

interface Rehearsal {
  readonly store: Store;
  /** What would be logged so far, oldest first. */
  readonly entries: readonly Activity[];
  /** The definition as it would be, `undefined` where nothing was written under this name. */
  readonly written: (name: string) => Experiment | undefined;
}

/** @param store is only read */
export function rehearsal(store: Store): Rehearsal {
  const written = new Map<string, Experiment>();
  const entries: Activity[] = [];
  const keep = (experiment: Experiment): Experiment => {
    const kept = { ...experiment, version: experiment.version + 1 };
    written.set(kept.name, kept);
    return kept;
  };
  const never = (): never => {
    throw new Error("Expected an act that changes a definition, got one that does more: it can't be rehearsed");
  };
  return {
    entries,
    written: (name) => written.get(name),
    store: {
      ...refusing(store, never),
      definitions: {
        read: async (name) => written.get(name) ?? store.definitions.read(name),
        list: () => store.definitions.list(),
        listUnreadable: () => store.definitions.listUnreadable(),
        create: async (draft) => {
          const known = written.get(draft.name) ?? (await store.definitions.read(draft.name));
          if (known !== undefined) return { kind: "taken", experiment: known };
          return { kind: "made", experiment: keep(createdExperiment(draft, STAGED_LIFE, 0)) };
        },
        change: async (next) => ({ kind: "changed", experiment: keep(next) }),
      },
      activity: {
        append: async (entry) => void entries.push(entry),
        read: (query) => store.activity.read(query),
      },
      lives: {
        listRemoved: () => store.lives.listRemoved(),
        remove: async ({ version }, _atMs, successor) =>
          successor === undefined
            ? never()
            : { kind: "removed", successor: keep(createdExperiment(successor, STAGED_LIFE, version)) },
        restore: async (name, life) => {
          const removed = (await store.lives.listRemoved()).find(({ experiment: one }) => isLife(one, name, life));
          return removed && keep(removed.experiment);
        },
        sweep: never,
      },
    },
  };
}

function isLife(experiment: Experiment, name: string, life: number): boolean {
  return experiment.name === name && experiment.life === life;
}

/** Reads pass through; whatever else an engine can do is refused. */
function refusing(store: Store, never: () => never): Omit<Store, "lives"> {
  const { peek, records, tallies, transfer } = store;
  return {
    peek: {
      experiment: (name) => peek.experiment(name),
      assignment: (experiment, client) => peek.assignment(experiment, client),
      cacheUsage: () => peek.cacheUsage(),
    },
    definitions: store.definitions,
    activity: store.activity,
    records: {
      read: (experiment, client) => records.read(experiment, client),
      find: (experiment, client) => records.find(experiment, client),
      participate: never,
      convert: never,
      link: never,
      forget: never,
      free: never,
    },
    tallies: {
      // In one that was made on this stage nobody has taken part.
      read: async (experiment) => (experiment.life === STAGED_LIFE ? [] : tallies.read(experiment)),
      mark: (experiment) => tallies.mark(experiment),
      recount: (experiment, onUnreadable) => tallies.recount(experiment, onUnreadable),
    },
    // Nothing is written, so nobody has to wait.
    leases: { claim: async () => true },
    notes: { read: (family) => store.notes.read(family), swap: never },
    transfer: {
      listStaged: () => transfer.listStaged(),
      // A percentile is taken of the records.
      exportRecords: (experiment, onUnreadable) => transfer.exportRecords(experiment, onUnreadable),
      exportConverted: (experiment, onUnreadable) => transfer.exportConverted(experiment, onUnreadable),
      readTallies: (experiment) => transfer.readTallies(experiment),
      stage: never,
      loadRecords: never,
      loadTallies: never,
      publish: never,
      discard: never,
    },
    status: () => store.status(),
    ping: () => store.ping(),
    probe: never,
    close: never,
  };
}

/** The same store, which accepts changes of this version only: nothing is changed that was not in the preview. */
export function pinned(store: Store, { name, life, version }: Pick<Experiment, "name" | "life" | "version">): Store {
  let expected = version;
  const isIt = (experiment: Experiment): boolean => experiment.life === life && experiment.version === expected;
  const definitions: Pick<Store["definitions"], "read" | "change"> = {
    read: async (asked) => {
      const found = await store.definitions.read(asked);
      if (asked === name && (found === undefined || !isIt(found))) throw moved(name);
      return found;
    },
    change: async (next) => {
      const outcome = await store.definitions.change(next);
      if (outcome.kind !== "changed") throw moved(name);
      expected = outcome.experiment.version;
      return outcome;
    },
  };
  return replacing(store, { definitions: replacing(store.definitions, definitions) });
}

/** A part of the store with some methods replaced. Engines are classes, and a spread would lose their methods. */
function replacing<Part extends object>(part: Part, verbs: Partial<Part>): Part {
  return new Proxy(part, {
    get: (target, verb) => {
      if (Object.hasOwn(verbs, verb)) return Reflect.get(verbs, verb);
      const value: unknown = Reflect.get(target, verb);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function moved(name: string): SixpackError {
  return new SixpackError("edit-conflict", `Expected ${name} as it was proposed on, got a newer one; propose again`);
}

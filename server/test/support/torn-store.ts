/** A store that answers for all experiments but one. */
import type { Experiment } from "../../src/domain/experiment.ts";
import type { Store } from "../../src/store/store.ts";

/** The same store, where the tallies of one experiment can't be read. */
export function tornAt(store: Store, name: string): Store {
  const torn = async (experiment: Experiment, read: () => Promise<unknown>) => {
    if (experiment.name === name) throw new Error("torn page");
    return read();
  };
  return new Proxy(store, {
    get: (target, verb) => {
      const value: unknown = Reflect.get(target, verb, target);
      if (typeof value !== "function") return value;
      if (verb !== "readTallies") return value.bind(target);
      return (experiment: Experiment) => torn(experiment, () => target.readTallies(experiment));
    },
  });
}

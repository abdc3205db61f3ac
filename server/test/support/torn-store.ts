/** A store that answers for all experiments but one. */
import type { Store } from "../../src/store/store.ts";

/** A model store, seen as one in which the tallies of one experiment can't be read. */
export function tornAt(store: Store, name: string): Store {
  const { tallies } = store;
  const read: typeof tallies.read = async (experiment) => {
    if (experiment.name === name) throw new Error("torn page");
    return tallies.read(experiment);
  };
  return { ...store, tallies: { ...tallies, read } };
}

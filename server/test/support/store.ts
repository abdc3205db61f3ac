/** What a store holds of an experiment, by name. */
import { SixpackError } from "../../src/domain/errors.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import type { Tally } from "../../src/domain/tally.ts";
import { changeDefinition } from "../../src/service/change.ts";
import type { Store } from "../../src/store/store.ts";
import { ModelStore } from "../store/model/model-store.ts";

export async function storedExperiment(store: Store, name: string): Promise<Experiment> {
  const experiment = await store.readExperiment(name);
  if (experiment === undefined) throw new Error(`Expected an experiment ${name}, got none`);
  return experiment;
}

/** Empty where there is no such experiment. */
export async function talliesOf(store: Store, name: string): Promise<readonly Tally[]> {
  const experiment = await store.readExperiment(name);
  return experiment === undefined ? [] : store.readTallies(experiment);
}

/** Applies a pure change of `domain/experiment.ts` to the stored definition. */
export async function change(store: Store, name: string, next: (experiment: Experiment) => Experiment): Promise<void> {
  await changeDefinition(store, name, next);
}

/** A store that can be taken away and given back. */
export interface FailingStore {
  readonly store: Store;
  /** While true every verb rejects, as the engines' do when they don't answer. */
  down: boolean;
}

/** A model store that is down until it is told otherwise. */
export function failingStore(): FailingStore {
  const memory = new ModelStore();
  const store = new Proxy(memory, {
    get: (target, name) => {
      const verb: unknown = Reflect.get(target, name, target);
      if (typeof verb !== "function") return verb;
      if (!failing.down) return verb.bind(target);
      // A process that has lost its store knows nothing by itself.
      if (String(name).startsWith("peek")) return () => undefined;
      return async () => {
        throw new SixpackError("store-unavailable", "Expected an answer of the test store, got none");
      };
    },
  });
  const failing: FailingStore = { store, down: true };
  return failing;
}

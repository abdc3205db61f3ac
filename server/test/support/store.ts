/** What a store holds of an experiment, by name. */
import { SixpackError } from "../../src/domain/errors.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import { PARTICIPATION, type Tally } from "../../src/domain/tally.ts";
import { changeDefinition } from "../../src/service/change.ts";
import type { Store } from "../../src/store/store.ts";
import { ofDays } from "../store/fixtures.ts";
import { ModelStore } from "../store/model/model-store.ts";

export async function storedExperiment(store: Store, name: string): Promise<Experiment> {
  const experiment = await store.definitions.read(name);
  if (experiment === undefined) throw new Error(`Expected an experiment ${name}, got none`);
  return experiment;
}

/** Those of days; empty where there is no such experiment. */
export async function talliesOf(store: Store, name: string): Promise<readonly Tally[]> {
  const experiment = await store.definitions.read(name);
  return experiment === undefined ? [] : ofDays(await store.tallies.read(experiment));
}

/** Clients that are counted in an experiment, excluded ones included. */
export async function participantsOf(store: Store, name: string): Promise<number> {
  const tallies = await talliesOf(store, name);
  return tallies.filter(({ metric }) => metric === PARTICIPATION).reduce((sum, { clients }) => sum + clients, 0);
}

/** Applies a pure change of `domain/experiment.ts` to the stored definition. */
export async function change(store: Store, name: string, next: (experiment: Experiment) => Experiment): Promise<void> {
  await changeDefinition(store, name, next);
}

/** A store that can be taken away and given back. */
interface FailingStore {
  readonly store: Store;
  /** While true every verb rejects, as the engines' do when they don't answer. */
  down: boolean;
}

/** A model store that is down until it is told otherwise. */
export function failingStore(): FailingStore {
  const model = new ModelStore();
  const refuse = async (): Promise<never> => {
    throw new SixpackError("store-unavailable", "Expected an answer of the test store, got none");
  };
  /** The part as it is, or with every verb replaced. */
  const shutting = <Part extends object>(part: Part, shut: () => unknown): Part =>
    new Proxy(part, { get: (verbs, verb) => (failing.down ? shut : Reflect.get(verbs, verb)) });
  const whole = shutting(model, refuse);
  const store: Store = {
    // A process that has lost its store knows nothing by itself.
    peek: shutting(model.peek, () => undefined),
    definitions: shutting(model.definitions, refuse),
    lives: shutting(model.lives, refuse),
    records: shutting(model.records, refuse),
    tallies: shutting(model.tallies, refuse),
    activity: shutting(model.activity, refuse),
    leases: shutting(model.leases, refuse),
    notes: shutting(model.notes, refuse),
    transfer: shutting(model.transfer, refuse),
    status: () => whole.status(),
    ping: () => whole.ping(),
    probe: () => whole.probe(),
    close: () => whole.close(),
  };
  const failing: FailingStore = { store, down: true };
  return failing;
}

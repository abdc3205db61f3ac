import { describe, expect, it } from "vitest";
import { withPaused } from "../../src/domain/experiment.ts";
import { withKpi } from "../../src/domain/experiment-kpis.ts";
import { type ExperimentName, type KpiName, parseKpiName } from "../../src/domain/names.ts";
import { CHANGE_TRIES_MAX, changeDefinition } from "../../src/service/change.ts";
import { ModelStore } from "../store/model/model-store.ts";
import * as make from "../support/make.ts";
import { laterCodeOf } from "../support/refusal.ts";

const NAME = "change" as ExperimentName;

async function storeWithExperiment<S extends ModelStore>(store: S): Promise<S> {
  await make.created(store, make.draft({ name: NAME, alternatives: ["a", "b"] }));
  return store;
}

/** Somebody else is faster, as often as told: a new KPI is stored just before each of our writes. */
class ContestedStore extends ModelStore {
  readonly races: number;
  lost = 0;

  constructor(races: number) {
    super();
    this.races = races;
    const { change } = this.definitions;
    this.definitions.change = async (next) => {
      if (this.lost < this.races) {
        this.lost += 1;
        const stored = this.peek.experiment(next.name);
        if (stored !== undefined) await change({ ...stored, description: `race ${this.lost}` });
      }
      return change(next);
    };
  }
}

describe("a change of a definition", () => {
  it("is stored, and counts the version up by one", async () => {
    const store = await storeWithExperiment(new ModelStore());
    const changed = await changeDefinition(store, NAME, (experiment) => withPaused(experiment, true));
    expect(changed).toMatchObject({ paused: true, version: 2 });
    expect(await store.definitions.read(NAME)).toEqual(changed);
  });

  it("that returns what it was given writes nothing", async () => {
    const store = await storeWithExperiment(new ModelStore());
    expect(await changeDefinition(store, NAME, (experiment) => experiment)).toMatchObject({ version: 1 });
  });

  it("of an experiment that nobody made is none", async () => {
    const store = new ModelStore();
    expect(await changeDefinition(store, NAME, (experiment) => withPaused(experiment, true))).toBeUndefined();
  });

  it("is none when the experiment is deleted under it", async () => {
    class DeletingStore extends ModelStore {
      constructor() {
        super();
        const { change } = this.definitions;
        this.definitions.change = async (next) => {
          await this.lives.remove(next, 0, undefined);
          return change(next);
        };
      }
    }
    const store = await storeWithExperiment(new DeletingStore());
    expect(await changeDefinition(store, NAME, (experiment) => withPaused(experiment, true))).toBeUndefined();
  });

  it("is applied again to what others stored meanwhile, so that nobody's change is lost", async () => {
    const store = await storeWithExperiment(new ContestedStore(CHANGE_TRIES_MAX - 1));
    const changed = await changeDefinition(store, NAME, (experiment) => withPaused(experiment, true));
    expect(changed).toMatchObject({ paused: true, description: `race ${CHANGE_TRIES_MAX - 1}` });
  });

  it("is given up after as many lost races as tries", async () => {
    const store = await storeWithExperiment(new ContestedStore(CHANGE_TRIES_MAX));
    expect(await laterCodeOf(() => changeDefinition(store, NAME, (experiment) => withPaused(experiment, true)))).toBe(
      "experiment-busy",
    );
  });

  it("gets through beside as many others at once as an experiment can have KPIs", async () => {
    const store = await storeWithExperiment(new ModelStore());
    const kpis: readonly KpiName[] = Array.from({ length: 100 }, (_, number) => parseKpiName(`kpi-${number}`));
    await Promise.all(kpis.map((kpi) => changeDefinition(store, NAME, (experiment) => withKpi(experiment, kpi))));
    const stored = await store.definitions.read(NAME);
    expect(new Set(stored?.kpis.map(({ name }) => name))).toEqual(new Set([null, ...kpis]));
    expect(stored?.version).toBe(101);
  });

  it("that refuses leaves the definition as it was", async () => {
    const store = await storeWithExperiment(new ModelStore());
    const refuse = () => {
      throw new Error("no");
    };
    await expect(changeDefinition(store, NAME, refuse)).rejects.toThrow("no");
    expect(await store.definitions.read(NAME)).toMatchObject({ version: 1 });
  });
});

import { describe, expect, it } from "vitest";
import { SixpackError } from "../../src/domain/errors.ts";
import { withArchived, withPaused } from "../../src/domain/experiment.ts";
import { withKpi } from "../../src/domain/experiment-kpis.ts";
import { KPIS_MAX, parseClientId, parseKpiName } from "../../src/domain/names.ts";
import { PARTICIPATION } from "../../src/domain/tally.ts";
import type { ServiceContext } from "../../src/service/context.ts";
import { convertEverywhere } from "../../src/service/convert-everywhere.ts";
import { evaluate } from "../../src/service/evaluate.ts";
import { ModelStore } from "../store/model/model-store.ts";
import * as make from "../support/make.ts";
import { laterCodeOf } from "../support/refusal.ts";
import { change, storedExperiment, talliesOf } from "../support/store.ts";

const CLIENT = parseClientId("1");
const { experiment: _, ...REQUEST } = make.conversion({ kpi: "bought", value: 3 });

/** A context whose store holds these experiments, with the client in each of them. */
async function contextWith(names: readonly string[], store = new ModelStore()): Promise<ServiceContext> {
  const context = make.context({ store });
  for (const name of names) {
    const experiment = await make.created(store, make.draft({ name }));
    await evaluate(context, experiment, { client: CLIENT, userAgent: undefined, address: undefined, record: true });
  }
  return context;
}

async function convertedIn(context: ServiceContext, name: string): Promise<number> {
  const tallies = await talliesOf(context.store, name);
  return tallies.filter(({ metric }) => metric !== PARTICIPATION).reduce((sum, { clients }) => sum + clients, 0);
}

describe("a goal without an experiment", () => {
  it("counts in each experiment the client takes part in, and is told which", async () => {
    const context = await contextWith(["a", "b"]);
    const { kind, conversions } = await convertEverywhere(context, REQUEST);
    expect(kind).toBe("converted");
    expect(conversions.map(({ experiment }) => experiment.name).sort()).toEqual(["a", "b"]);
    for (const name of ["a", "b"]) expect(await convertedIn(context, name)).toBe(1);
  });

  it("passes over paused and archived experiments", async () => {
    const context = await contextWith(["a", "b", "c"]);
    await change(context.store, "a", (experiment) => withPaused(experiment, true));
    await change(context.store, "b", (experiment) => withArchived(experiment, true));
    const { conversions } = await convertEverywhere(context, REQUEST);
    expect(conversions.map(({ experiment }) => experiment.name)).toEqual(["c"]);
  });

  it("passes over an experiment that has no room for another KPI while another one has", async () => {
    const context = await contextWith(["full", "roomy"]);
    await change(context.store, "full", (experiment) =>
      Array.from({ length: KPIS_MAX }, (_, number) => parseKpiName(`kpi-${number}`)).reduce(withKpi, experiment),
    );
    const { conversions } = await convertEverywhere(context, REQUEST);
    expect(conversions.map(({ experiment }) => experiment.name)).toEqual(["roomy"]);
    await change(context.store, "roomy", (experiment) => withArchived(experiment, true));
    expect(await laterCodeOf(() => convertEverywhere(context, { ...REQUEST, kpi: "other" }))).toBe("too-many-kpis");
  });

  it("fails when the store fails in one of them, rather than say that all is well", async () => {
    class HalfStore extends ModelStore {
      constructor() {
        super();
        const { convert } = this.records;
        this.records.convert = async (conversion) => {
          if (conversion.experiment.name === "b") throw new SixpackError("store-unavailable");
          return convert(conversion);
        };
      }
    }
    const context = await contextWith(["a", "b"], new HalfStore());
    expect(await laterCodeOf(() => convertEverywhere(context, REQUEST))).toBe("store-unavailable");
  });

  it("of a client that takes part nowhere is refused, and makes no KPI", async () => {
    const context = await contextWith(["a"]);
    const stranger = { ...REQUEST, client: parseClientId("stranger") };
    expect(await laterCodeOf(() => convertEverywhere(context, stranger))).toBe("not-participating");
    expect(await storedExperiment(context.store, "a")).toMatchObject({ kpis: [{ name: null }] });
    expect(await laterCodeOf(() => convertEverywhere(make.context(), REQUEST))).toBe("not-participating");
  });

  it("of a robot is filtered, wherever it takes part", async () => {
    const context = await contextWith(["a"]);
    for (const robot of [REQUEST, { ...REQUEST, client: parseClientId("stranger") }]) {
      expect(await convertEverywhere(context, { ...robot, userAgent: "Googlebot" })).toEqual({
        kind: "filtered",
        conversions: [],
      });
    }
    expect(await convertedIn(context, "a")).toBe(0);
  });

  it("on a server that is switched off is answered by the controls, and counted nowhere", async () => {
    const context = await contextWith(["a", "b"]);
    const off: ServiceContext = { ...context, settings: { ...context.settings, enabled: false } };
    const { conversions } = await convertEverywhere(off, { ...REQUEST, client: parseClientId("stranger") });
    expect(conversions.map(({ alternative }) => alternative)).toEqual(["red", "red"]);
    for (const name of ["a", "b"]) expect(await convertedIn(context, name)).toBe(0);
  });
});

import { describe, expect, test } from "vitest";
import { withPaused } from "../../../src/domain/experiment.ts";
import { AWAITED_MAX } from "../../../src/service/analysis/list-board.ts";
import { parseOverviewQuery, readOverview } from "../../../src/service/report/overview.ts";
import { LocalStore } from "../../../src/store/local/local-store.ts";
import { Pulse } from "../../../src/web/routes/pulse.ts";
import { ModelStore } from "../../store/model/model-store.ts";
import * as make from "../../support/make.ts";
import { temporaryFolder } from "../../support/one-test.ts";
import { createExperiment, record } from "../support.ts";

const EVERY = parseOverviewQuery("all", {
  status: undefined,
  q: undefined,
  verdict: undefined,
  kpi: undefined,
  sort: undefined,
  order: undefined,
  page: undefined,
});

/** Counts what is asked of it: looking must not read tallies. */
class CountedStore extends ModelStore {
  tallyReads = 0;

  constructor() {
    super();
    const { read } = this.tallies;
    this.tallies.read = (...question) => {
      this.tallyReads += 1;
      return read(...question);
    };
  }
}

describe("the stamp of a subject", () => {
  test("stays while nothing changes, and changes with each participant, conversion and change of a definition", async () => {
    const context = make.context();
    const experiment = await createExperiment(context, "button");
    const pulse = new Pulse(context, "process");
    for (const subject of ["list", "experiment:button"]) {
      const seen = [await pulse.stamp(subject)];
      expect(await pulse.stamp(subject)).toBe(seen[0]);
      await record(context, "button", [{ client: `${subject} a`, index: 0 }]);
      seen.push(await pulse.stamp(subject));
      await record(context, "button", [{ client: `${subject} a`, index: 0, converts: [null] }]);
      seen.push(await pulse.stamp(subject));
      const stored = (await context.store.definitions.read(experiment.name)) ?? experiment;
      await context.store.definitions.change(withPaused(stored, !stored.paused));
      seen.push(await pulse.stamp(subject));
      expect(new Set(seen).size).toBe(seen.length);
    }
  });

  test("of a list changes when an experiment comes, and of an experiment only when it is that one", async () => {
    const context = make.context();
    await createExperiment(context, "button");
    const pulse = new Pulse(context, "process");
    const [list, one] = [await pulse.stamp("list"), await pulse.stamp("experiment:button")];
    await createExperiment(context, "link");
    expect(await pulse.stamp("list")).not.toBe(list);
    expect(await pulse.stamp("experiment:button")).toBe(one);
    expect(await pulse.stamp("experiment:nobody")).not.toBe(one);
  });

  test("reads no tallies", async () => {
    const store = new CountedStore();
    const context = make.context({ store });
    for (const name of ["button", "link"]) {
      await createExperiment(context, name);
      await record(context, name, [{ client: "a", index: 0 }]);
    }
    const pulse = new Pulse(context, "process");
    await pulse.stamp("list");
    await pulse.stamp("experiment:button");
    expect(store.tallyReads).toBe(0);
  });

  test("is another one after a restart, though the marks of the embedded engine begin at 0 again", async () => {
    const folder = await temporaryFolder();
    const stamps: string[] = [];
    for (const process of ["first", "second"]) {
      const store = await LocalStore.open({ folder, cacheSlots: 1_024 });
      const context = make.context({ store });
      if (process === "first") await createExperiment(context, "button");
      // The same number of changes in both lives of the process: marks alone could not tell them apart.
      await record(context, "button", [{ client: process, index: 0 }]);
      stamps.push(await new Pulse(context, process).stamp("list"));
      await store.close();
    }
    expect(stamps[1]).not.toBe(stamps[0]);
  });
});

test("a watcher hears the stamp of now, of changes, and of figures that a list had still to compute", async () => {
  const context = make.context();
  for (let number = 0; number < AWAITED_MAX + 1; number += 1) await createExperiment(context, `experiment-${number}`);
  await readOverview(context, EVERY);
  const pulse = new Pulse(context, "process");
  const [heard, late]: [string[], string[]] = [[], []];
  const stop = pulse.watch("list", (stamp) => heard.push(stamp));
  await expect.poll(() => heard).toHaveLength(1);
  const stopLate = pulse.watch("list", (stamp) => late.push(stamp));
  expect(late).toEqual(heard);
  for (let number = 0; number < AWAITED_MAX + 1; number += 1) {
    await record(context, `experiment-${number}`, [{ client: "a", index: 0 }]);
  }
  await expect.poll(() => new Set(heard).size).toBe(2);
  await readOverview(context, EVERY);
  await expect.poll(() => new Set(heard).size).toBe(3);
  expect(late).toEqual(heard);
  stop();
  stopLate();
});

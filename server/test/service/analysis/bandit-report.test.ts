import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import { clientKey, digestOf } from "../../../src/domain/digest.ts";
import { batchReason, withEpoch } from "../../../src/domain/epochs.ts";
import type { ClientId } from "../../../src/domain/names.ts";
import { setPolicy } from "../../../src/service/administer/acts/sharing.ts";
import { setIntake } from "../../../src/service/administer/acts/state.ts";
import { compatExperiment } from "../../../src/service/report/json-2.7.ts";
import { viewExperiment } from "../../../src/service/report/kpi-view.ts";
import { experimentJson } from "../../../src/service/report/report-json.ts";
import * as make from "../../support/make.ts";
import { change, storedExperiment } from "../../support/store.ts";
import { createExperiment, crowd, record } from "../../web/support.ts";

const ACT = { name: "bandit", actor: "ada" };
const DAY = 20_000;

let context: make.TestContext;

/** Clients of one alternative in the epoch in force, of which every tenth converts, or every fifth of the second. */
async function clients(prefix: string, index: number, count: number, explore: boolean): Promise<void> {
  const experiment = await storedExperiment(context.store, ACT.name);
  for (let number = 0; number < count; number += 1) {
    const client = clientKey(digestOf(experiment.name, `${prefix}-${index}-${number}` as ClientId));
    const day = DAY as Parameters<typeof context.store.records.participate>[0]["day"];
    await context.store.records.participate({ experiment, client, proposal: assigned(index, explore), day });
    const converts = number % (index === 1 ? 5 : 10) === 0;
    if (converts) await context.store.records.convert({ experiment, client, kpi: 0, day, value: 0 });
  }
}

/** 400 clients evenly, then a batch of 1000: 100 to explore, and the rest nearly all to the better one. */
beforeEach(async () => {
  context = make.context();
  await createExperiment(context, "bandit", ["plain", "good"]);
  await setPolicy(context, ACT, make.banditPolicy());
  await clients("even", 0, 200, true);
  await clients("even", 1, 200, true);
  await change(context.store, ACT.name, (stored) =>
    withEpoch(
      stored,
      { weights: [0.06, 0.94], policy: make.banditPolicy("earn", 0.05) },
      batchReason({ kind: "thompson" }),
      make.NOW_MS + 60_000,
    ),
  );
  await clients("even-later", 0, 50, true);
  await clients("even-later", 1, 50, true);
  await clients("free", 0, 10, false);
  await clients("free", 1, 890, false);
});

async function analysis() {
  return context.analyst.read(await storedExperiment(context.store, ACT.name));
}

describe("the report of a bandit", () => {
  test("holds the evenly drawn clients as a test of their own", async () => {
    const { bandit } = await analysis();
    expect(bandit?.exploration).toMatchObject({ participants: 500, share: 500 / 1_400 });
    const kpi = bandit?.exploration.kpi;
    expect(kpi?.kind === "analysed" ? kpi.rates : kpi).toMatchObject([
      { participants: 250, conversions: 25 },
      { participants: 250, conversions: 50, comparison: { test: { kind: "score" }, pFixed: expect.any(Number) } },
    ]);
  });

  test("lets the evenly drawn hint, and leaves conclusions to the comparison within epochs", async () => {
    await clients("more", 0, 1_000, true);
    await clients("more", 1, 1_000, true);
    const { bandit } = await analysis();
    const kpi = bandit?.exploration.kpi;
    expect(kpi?.kind === "analysed" ? kpi.rates[1]?.comparison : kpi).toMatchObject({
      conclusion: "undecided",
      concludedBy: null,
      hint: "better",
    });
  });

  test("compares all clients within epochs", async () => {
    const [kpi] = (await analysis()).report.kpis;
    expect(kpi?.kind === "analysed" ? kpi.rates[1]?.comparison : kpi).toMatchObject({
      test: { kind: "cochran-mantel-haenszel" },
      uplift: { estimate: expect.closeTo(1, 1) },
    });
  });

  test("says what its shares brought beyond equal ones", async () => {
    const { bandit } = await analysis();
    // 1,000 clients × (0.94 − 0.5) × the difference of the rates of that batch, 0.2 against 0.1.
    expect(bandit?.saved.estimate).toBeCloseTo(44, -1);
    expect(bandit?.saved.interval.lower).toBeLessThan(44);
    expect(bandit?.saved.interval.upper).toBeGreaterThan(44);
  });

  test("advises to go on for two weeks, with what leads and what may be left", async () => {
    const { bandit } = await analysis();
    expect(bandit?.stopping).toMatchObject({
      stop: false,
      isSettled: true,
      arm: 1,
      chanceToBeBest: expect.closeTo(1, 2),
      chances: [expect.closeTo(0, 2), expect.closeTo(1, 2)],
    });
    expect(bandit?.stopping?.sentence).toBe(
      "Go on until 14 days are complete: so far good is the best with a chance of >99.9%, and little is left to gain.",
    );
    expect(bandit?.nextBatch).toEqual({ participantsLeft: 0, notBeforeMs: make.NOW_MS + 120_000 });
  });

  test("lists who was to get which share when", async () => {
    expect((await analysis()).allocation).toMatchObject([
      { epoch: 0, policy: "uniform", shares: [0.5, 0.5], endedAtMs: make.NOW_MS, participants: [0, 0] },
      { epoch: 1, policy: "thompson", shares: [0.5, 0.5], endedAtMs: make.NOW_MS + 60_000, participants: [200, 200] },
      { epoch: 2, shares: [0.06, 0.94], floor: 0.05, endedAtMs: null, participants: [60, 940] },
    ]);
  });
});

describe("the JSON of a bandit", () => {
  test("hides figures for one look and the labels of 2.7, and says why", async () => {
    const json = await experimentJson(context, ACT.name, {});
    expect(json.labels_hidden).toContain("A bandit gives");
    for (const alternative of json.alternatives) {
      expect(alternative).toMatchObject({ test_statistic: "N/A", confidence_level: "N/A" });
    }
    expect(json.report).toMatchObject({
      hidden: json.labels_hidden,
      kpis: [
        {
          omnibus: null,
          rates: [
            { rate_interval: null, rate_sequence: { unbounded: false } },
            {
              comparison: {
                p_fixed: null,
                uplift: { fixed: null, always_valid: { unbounded: false } },
                p_always_valid: expect.any(Number),
              },
            },
          ],
        },
      ],
      bandit: { exploration: { kpi: { rates: [{ rate_interval: { unbounded: false } }, {}] } } },
    });
  });

  test("has every field in docs/http-api.md", async () => {
    const text = readFileSync(new URL("../../../../docs/http-api.md", import.meta.url), "utf8");
    const documented = new Set([...text.matchAll(/`([a-z0-9_]+)`/g)].map(([, word]) => word));
    const { report } = await experimentJson(context, ACT.name, {});
    const { bandit, allocation } = report as { bandit: object; allocation: object };
    expect(keysIn([bandit, allocation]).filter((key) => !documented.has(key))).toEqual([]);
  });

  test("has no next batch while nobody new is taken in", async () => {
    await setIntake(context, ACT, "closed");
    expect((await analysis()).bandit).toMatchObject({ goal: "earn", nextBatch: null });
  });

  test("is still that of a bandit after another policy took over, and rests", async () => {
    await setPolicy(context, ACT, { kind: "uniform" });
    const { bandit, hidden } = await analysis();
    expect(hidden).not.toBeNull();
    expect(bandit).toMatchObject({ goal: null, nextBatch: null, batches: 2 });
  });
});

test("an experiment without a bandit hides nothing", async () => {
  await createExperiment(context, "button");
  await record(context, "button", [...crowd(0, 100, 20), ...crowd(1, 100, 30)]);
  const view = await viewExperiment(context, "button", undefined, "day");
  expect(compatExperiment(view)).toMatchObject({ labels_hidden: null, alternatives: [{}, { test_statistic: 2.68 }] });
  const { bandit, hidden } = await context.analyst.read(view.experiment);
  expect([bandit, hidden]).toEqual([null, null]);
});

function keysIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...keysIn(item)]);
}

/** Tools that read: what they tell, and that it stays valid at every look. */
import { expect, test } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import { participantsNeeded } from "../../../src/domain/plan.ts";
import { parseDimensions, segmentsOf } from "../../../src/domain/segments.ts";
import { client } from "../../store/fixtures.ts";
import * as make from "../../support/make.ts";
import { useAgents } from "./agents.ts";

const agents = useAgents();

test("verdict, health and size are told as they stand, and nothing that holds for one look only", async () => {
  const verdict = await agents.call("viewer", "get_verdict", { experiment: "button" });
  expect(verdict.data).toMatchObject({
    experiment: "button",
    verdict: { kind: "ship", alternative: "blue" },
    what_would_change_it: expect.stringContaining("A guardrail"),
    kpis: [{ decides: true, arms: [{ says: null }, { says: "better" }] }],
  });
  const health = await agents.call("viewer", "get_health", { experiment: "button" });
  expect(health.data).toMatchObject({ health: "healthy", traffic_split: { observed: [1500, 1500], alarm: false } });
  const terms = { baselineRate: 0.05, minimumUplift: 0.2, power: 0.8 };
  const participants = participantsNeeded(terms, "higher", [1, 1]);
  const size = await agents.call("viewer", "plan_size", { baseline_rate: "5%", minimum_uplift: "20%" });
  expect(size.data).toMatchObject({
    participants,
    per_alternative: Array(2).fill(Math.ceil(participants / 2)),
    power: 0.8,
  });
  expect((await agents.call("viewer", "list_experiments", { text: "butt" })).data).toMatchObject({
    experiments: [{ name: "button", health: "healthy" }],
    selected: 1,
  });
  for (const { text } of [verdict, health, size]) {
    expect(text).not.toMatch(/p_?fixed|chi_?square|"fixed"/i);
    expect(text).not.toMatch(/"[a-z_]+[A-Z]\w*":/);
  }
  expect((await agents.call("viewer", "get_verdict", { experiment: "nope" })).data).toMatchObject({
    refused: "experiment-not-found",
  });
  expect((await agents.call("viewer", "get_verdict", {})).data).toMatchObject({
    refused: "invalid-form",
    detail: "Expected the arguments of get_verdict: must have experiment",
  });
  // Who mistypes what selects must not take all for the selection.
  for (const [tool, args, detail] of [
    ["list_experiments", { test: "butt" }, 'the arguments of list_experiments without "test" (did you mean `text`?)'],
    ["list_experiments", { status: "running" }, 'status: must be active, paused, archived or all, got "running"'],
    ["plan_size", { minimum_uplift: "5%" }, "`baseline_rate`"],
  ] as const) {
    const { data } = await agents.call("viewer", tool, args);
    expect(data).toMatchObject({ detail: expect.stringContaining(`Expected ${detail}`) });
  }
});

test("a client is explained, and the log says who asked", async () => {
  const { data } = await agents.call("editor", "explain_client", { client_id: "1-2025-02-19-0" });
  expect(data).toMatchObject({
    experiments: [{ name: "button", reason: "assigned", record: { alternative: "blue" } }],
  });
  expect(await agents.context.store.activity.read({ limit: 1 })).toMatchObject([
    { action: "look-up-client", actor: "editor" },
  ]);
});

test("segments are told by what is claimed of them, and by no figure for a single look", async () => {
  const dimensions = parseDimensions(["device=phone|desktop"]);
  const experiment = await make.created(
    agents.context.store,
    make.draft({ name: "checkout", alternatives: ["red", "blue"], dimensions }),
  );
  const day = agents.context.clock.today();
  let joined = 0;
  const visit = async (device: string, index: number, count: number, conversions: number) => {
    const segments = segmentsOf(dimensions, { segments: new Map([["device", device]]), userAgent: undefined });
    for (let number = 0; number < count; number += 1) {
      joined += 1;
      const visitor = { experiment, client: client(joined), day };
      await agents.context.store.records.participate({ ...visitor, proposal: assigned(index), segments });
      if (number < conversions) await agents.context.store.records.convert({ ...visitor, kpi: 0, value: 0 });
    }
  };
  await visit("phone", 0, 300, 60);
  await visit("phone", 1, 300, 0);
  await visit("desktop", 0, 600, 60);
  await visit("desktop", 1, 600, 66);
  const { data, text } = await agents.call("viewer", "get_segments", { experiment: "checkout", segment: "device" });
  expect(data).toMatchObject({
    declared: ["device"],
    kpi: "conversion rate",
    label: "Default KPI",
    claims: [
      "blue seems to do worse than the control for device=phone.",
      "blue seems to have another effect for device=desktop than for the others.",
    ],
    cause_of_wrong_split: null,
    segments: [
      {
        name: "device",
        values: [
          {
            value: "phone",
            alternatives: [
              { participants: 300, says: null },
              { conversions: 0, says: "hurts" },
            ],
          },
          { value: "desktop" },
        ],
      },
    ],
  });
  expect(text).not.toMatch(/"p"|p_|difference/);
  expect((await agents.call("viewer", "get_segments", { experiment: "checkout", segment: "plan" })).data).toMatchObject(
    {
      refused: "unknown-segment",
    },
  );
  expect((await agents.call("viewer", "get_segments", { experiment: "button" })).data).toMatchObject({
    declared: [],
    claims: [],
  });
});

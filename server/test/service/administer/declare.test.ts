import { describe, expect, it } from "vitest";
import { currentEpoch } from "../../../src/domain/experiment.ts";
import { declare } from "../../../src/service/administer/declare.ts";
import * as make from "../../support/make.ts";

const PLAIN = { alternatives: ["red", "green"], weights: undefined, trafficFraction: undefined };
const ACT = { name: "button", actor: "ann" };

describe("declaring an experiment", () => {
  it("makes it without a visitor, also where only declared ones exist, and logs who did", async () => {
    const context = make.context();
    const { kind, experiment } = await declare(context, ACT, { ...PLAIN, weights: ["3", "1"], trafficFraction: "0.5" });
    expect(kind).toBe("declared");
    expect(currentEpoch(experiment)).toMatchObject({ trafficFraction: 0.5, policy: { kind: "weighted" } });
    expect(await context.store.activity.read({ limit: 9 })).toMatchObject([
      { actor: "ann", action: "declare", experiment: "button", after: "red, green" },
    ]);
  });

  it("twice changes nothing, so that a deployment may do it every time", async () => {
    const context = make.context();
    const first = await declare(context, ACT, PLAIN);
    expect(await declare(context, ACT, PLAIN)).toEqual({ kind: "existing", experiment: first.experiment });
    expect(await context.store.activity.read({ limit: 9 })).toHaveLength(1);
  });

  it.each([
    ["alternatives-changed", ACT, { ...PLAIN, alternatives: ["red", "blue"] }],
    ["too-few-alternatives", ACT, { ...PLAIN, alternatives: ["red"] }],
    ["duplicate-alternatives", ACT, { ...PLAIN, alternatives: ["red", "red"] }],
    ["invalid-experiment-name", { ...ACT, name: "bell\u0007" }, PLAIN],
    ["invalid-weights", ACT, { ...PLAIN, weights: ["1"] }],
    ["invalid-traffic-fraction", ACT, { ...PLAIN, trafficFraction: "2" }],
  ])("is refused as %s", async (code, act, declaration) => {
    const context = make.context();
    await declare(context, ACT, PLAIN);
    await expect(declare(context, act, declaration)).rejects.toMatchObject({ code });
  });
});

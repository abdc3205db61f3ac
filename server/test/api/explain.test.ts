/** `/participate` with `explain`: why an answer is what it is. */
import { describe, expect, it } from "vitest";
import { parseDimensions } from "../../src/domain/segments.ts";
import { query, sharedApi } from "../support/api.ts";
import { change, participantsOf } from "../support/store.ts";

const api = sharedApi();

const ALTERNATIVES = ["red", "green", "blue"];

function participate(further: Parameters<typeof query>[0] = {}) {
  return api.get(
    `/participate?${query({ experiment: "why", alternatives: ALTERNATIVES, client_id: "1", ...further })}`,
  );
}

const participants = () => participantsOf(api.store, "why");

describe("with explain", () => {
  it("says why, what is kept, and what of the call nobody read, and makes and records nothing", async () => {
    const why = (further: Parameters<typeof query>[0] = {}) => participate({ explain: "true", ...further });
    expect(await why()).toMatchObject({
      status: 200,
      json: { reason: "no-experiment", alternative: { name: "red" }, explanation: { steps: [], record: null } },
    });
    expect(await api.store.definitions.read("why")).toBeUndefined();
    await participate();
    await api.get(`/convert?${query({ experiment: "why", client_id: "1", kpi: "sales", value: "2.5" })}`);
    const { json } = await why({ colour: "x", kpi: "sales", weights: "1,1,1", record_force: "yes" });
    const day = expect.stringMatching(/^\d{4}-\d\d-\d\d$/);
    expect(json).toMatchObject({
      reason: "assigned",
      explanation: {
        steps: [...Array(6).fill({ answered: false }), { step: "record", answered: true }],
        record: { day, epoch: 0, explored: false, kpis: [{ kpi: "sales", day, events: 1, total: 2.5 }] },
        unread: [
          { argument: "colour", why: "no argument of this server" },
          { argument: "kpi", why: "an argument of `/convert`" },
          { argument: "record_force", why: "it means something beside `force` only" },
          { argument: "weights", why: "the experiment exists; its shares are those of the dashboard" },
        ],
      },
    });
    const body = {
      experiment: "why",
      alternatives: ALTERNATIVES,
      client_id: "2",
      explain: true,
      Client: "typo",
      "weights[]": [1],
    };
    expect((await api.post("/participate", body)).json).toMatchObject({
      explanation: { record: null, unread: [{ argument: "Client" }, { argument: "weights[]" }] },
    });
    // One without a value takes nothing of the next.
    const bare = await api.get(
      `/participate?typo&${query({ colour: "x", experiment: "why", alternatives: ALTERNATIVES, client_id: "1", explain: "true" })}`,
    );
    expect(bare.json).toMatchObject({ explanation: { unread: [{ argument: "typo" }, { argument: "colour" }] } });
    const strange = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`x${index}`, "1"]));
    const { explanation } = (await why(strange)).json as { explanation: { unread: readonly unknown[] } };
    expect(explanation.unread).toHaveLength(20);
    expect((await why({ alternatives: ["red", "pink"] })).status).toBe(400);
    expect(await participants()).toBe(1);
  });

  it("names segments that no experiment declares, and what comes too late for a client that takes part", async () => {
    await participate({ experiment: "apart" });
    const dimensions = parseDimensions(["plan=free|pro"]);
    await change(api.store, "apart", (stored) => ({ ...stored, dimensions }));
    const unread = async (client_id: string) => {
      const call = { experiment: "apart", client_id, covariate: "3", "segment.plan": "pro", "segment.colour": "red" };
      const { json } = await participate({ ...call, explain: "true" });
      return (json as { explanation: { unread: unknown } }).explanation.unread;
    };
    const undeclared = { argument: "segment.colour", why: "no declared segment of the experiment" };
    expect(await unread("new")).toEqual([undeclared]);
    const why = "the client's first participation counts";
    expect(await unread("1")).toEqual([{ argument: "covariate", why }, { argument: "segment.plan", why }, undeclared]);
  });
});

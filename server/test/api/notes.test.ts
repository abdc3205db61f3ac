/** What the log says of single requests, and what it never says. */
import { describe, expect, it } from "vitest";
import { createLog, LINES_PER_SECOND_MAX } from "../../src/ops/log.ts";
import { noteWriter, SLOW_REQUEST_MS } from "../../src/ops/notes.ts";
import type { Store } from "../../src/store/store.ts";
import { ModelStore } from "../store/model/model-store.ts";
import { query, startApi } from "../support/api.ts";
import { failingStore } from "../support/store.ts";

const CLIENT = "secret-client-7";

function participate(further: Readonly<Record<string, string>> = {}): string {
  return `/participate?${query({ experiment: "logged", alternatives: ["a", "b"], client_id: CLIENT, ...further })}`;
}

class BrokenStore extends ModelStore {
  constructor() {
    super();
    this.records.participate = async (): Promise<never> => {
      throw new Error("broken");
    };
  }
}

/** By so much a timer may fire too early, by the clock that times requests. */
const TIMER_EARLY_MS = 2;

class SlowStore extends ModelStore {
  override readonly probe = async () => {
    await new Promise((resolve) => setTimeout(resolve, SLOW_REQUEST_MS + TIMER_EARLY_MS));
  };
}

async function logged(store: Store) {
  let text = "";
  const log = createLog({
    level: "trace",
    readable: false,
    elapsedMs: () => 1_000,
    write: (line) => {
      text += line;
    },
  });
  const note = noteWriter(log);
  const onDefect = (error: unknown, requestId?: string) => log.error({ err: error, request_id: requestId }, "defect");
  const api = await startApi({
    store,
    newRequestId: () => "made-here",
    onDefect,
    onAnswer: (route, _method, status, elapsedMs, requestId) => note(route, status, elapsedMs, requestId),
  });
  const lines = () => text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
  return { api, lines, note, text: () => text };
}

describe("the log", () => {
  it("has a line for a request that failed, under the id that its caller got", async () => {
    const { api, lines } = await logged(failingStore().store);
    const reply = await api.get(participate());
    expect(reply.headers.get("X-Request-Id")).toBe("made-here");
    await api.get(participate(), { headers: { "X-Request-Id": "4bf92f35-77b3:4da6" } });
    await api.get(participate(), { headers: { "X-Request-Id": "forged id" } });
    expect(lines()).toMatchObject([
      { level: "warn", msg: "failed request", route: "participate", status: 503, request_id: "made-here" },
      { request_id: "4bf92f35-77b3:4da6" },
      { request_id: "made-here" },
    ]);
    await api.close();
  });

  it("has the cause of a defect under the same id", async () => {
    const { api, lines } = await logged(new BrokenStore());
    await api.get(participate(), { headers: { "X-Request-Id": "abc" } });
    expect(lines()).toMatchObject([
      { msg: "defect", request_id: "abc", err: { message: "broken" } },
      { msg: "failed request", request_id: "abc", status: 500 },
    ]);
    await api.close();
  });

  it("has a line for a slow request, and none for the others", async () => {
    const { api, lines, note } = await logged(new SlowStore());
    expect((await api.get("/readyz")).headers.has("X-Request-Id")).toBe(false);
    expect(lines()).toMatchObject([{ msg: "slow request", route: "readyz", status: 200 }]);
    expect(lines()[0].ms).toBeGreaterThanOrEqual(SLOW_REQUEST_MS);
    // By hand, since on a busy machine any request may be slow.
    for (const status of [200, 404]) note("participate", status, SLOW_REQUEST_MS - 1, () => "id");
    expect(lines()).toHaveLength(1);
    await api.close();
  });

  it("tells only so many a second", async () => {
    const { api, lines } = await logged(failingStore().store);
    for (let n = 0; n < LINES_PER_SECOND_MAX + 5; n += 1) await api.get(participate());
    expect(lines()).toHaveLength(LINES_PER_SECOND_MAX);
    await api.close();
  });

  it("never has a client id, however a request fails", async () => {
    for (const store of [failingStore().store, new BrokenStore()]) {
      const { api, text } = await logged(store);
      await api.get(participate());
      await api.get(participate({ force: "a", record_force: "yes" }));
      await api.post("/participate", { experiment: "logged", alternatives: ["a", "b"], client_id: CLIENT });
      await api.post("/batch", {
        calls: [{ participate: { experiment: "l", alternatives: ["a", "b"], client_id: CLIENT } }],
      });
      await api.post("/convert", `{"client_id":"${CLIENT}"`, { headers: { "Content-Type": "application/json" } });
      await api.get(`/convert?kpi=sales&client_id=${CLIENT}`);
      await api.get(`/${CLIENT}`);
      await api.post("/ofrep/v1/evaluate/flags/logged", { context: { targetingKey: CLIENT } });
      expect(text()).not.toBe("");
      expect(text()).not.toContain(CLIENT);
      await api.close();
    }
  });
});

/** The npm package `sixpack-client`, the original's JavaScript client, unmodified, against the real server. */
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Api, startApi } from "../support/api.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { talliesOf } from "../support/store.ts";

type Callback = (error: Error | null, reply: unknown) => void;
interface Session {
  readonly client_id: string;
  participate(experiment: string, alternatives: readonly string[], callback: Callback): void;
  participate(experiment: string, alternatives: readonly string[], traffic_fraction: number, callback: Callback): void;
  convert(experiment: string, kpi: string | null, callback: Callback): void;
}
interface SixpackClient {
  readonly Session: new (options: {
    base_url: string;
    client_id?: string;
    user_agent?: string;
    ip_address?: string;
    timeout?: number;
  }) => Session;
}

const sixpack: SixpackClient = createRequire(import.meta.url)("sixpack-client");

/** How soon a busy machine answers is not what is tested. */
const PATIENT = { timeout: PATIENCE_MS };

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

/** The reply of one call of the client. */
function reply(call: (callback: Callback) => void): Promise<unknown> {
  return new Promise((resolve, reject) => call((error, value) => (error === null ? resolve(value) : reject(error))));
}

describe("the original's JavaScript client", () => {
  it("takes part, gets the same alternative again, and converts", async () => {
    const session = new sixpack.Session({ ...PATIENT, base_url: api.url, client_id: "mike" });
    const first = await reply((done) => session.participate("show-bieber", ["trolled", "not-trolled"], done));
    expect(first).toMatchObject({ status: "ok", client_id: "mike", experiment: { name: "show-bieber" } });
    const again = await reply((done) => session.participate("show-bieber", ["trolled", "not-trolled"], done));
    expect(again).toEqual(first);
    expect(await reply((done) => session.convert("show-bieber", null, done))).toMatchObject({ status: "ok" });
    expect(await reply((done) => session.convert("show-bieber", "sales", done))).toMatchObject({
      status: "ok",
      conversion: { kpi: "sales", value: null },
    });
    expect(await talliesOf(api.store, "show-bieber")).toMatchObject([
      { metric: -1, clients: 1 },
      { metric: 0, clients: 1 },
      { metric: 1, clients: 1 },
    ]);
  });

  it("makes a client id of its own, and sends a traffic fraction", async () => {
    const session = new sixpack.Session({ ...PATIENT, base_url: api.url });
    const answer = await reply((done) => session.participate("part", ["a", "b"], 0.5, done));
    expect(answer).toMatchObject({ status: "ok", client_id: session.client_id });
    expect(await api.get("/experiments/part")).toMatchObject({ json: { traffic_fraction: 0.5 } });
  });

  it("is told when it was not participating, and when it is a robot", async () => {
    const stranger = new sixpack.Session({ ...PATIENT, base_url: api.url, client_id: "stranger" });
    expect(await reply((done) => stranger.convert("show-bieber", null, done))).toMatchObject({
      status: "failed",
      message: "this client was not participating",
    });
    const robot = new sixpack.Session({
      ...PATIENT,
      base_url: api.url,
      user_agent: "Googlebot/2.1",
      ip_address: "1.2.3.4",
    });
    expect(await reply((done) => robot.convert("show-bieber", null, done))).toEqual({ status: "ok", excluded: "true" });
  });
});

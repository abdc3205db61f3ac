/** The npm package `sixpack-client`, the original's JavaScript client, unmodified, against the real server. */
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { segmentName } from "../../src/domain/segments.ts";
import { declare } from "../../src/service/administer/declare.ts";
import { type Api, startApi } from "../support/api.ts";
import * as make from "../support/make.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { storedExperiment, talliesOf } from "../support/store.ts";

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

  it("has a device, a slice of a layer and linked ids without knowing of them", async () => {
    const alternatives = ["old", "new"];
    const layer = { name: "shop", slice: ["0", "0.5"] };
    await declare(
      make.context({ store: api.store }),
      { name: "checkout", actor: "ada" },
      { alternatives, weights: undefined, trafficFraction: undefined, segments: ["device"], layer },
    );
    const phone = { user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari/604.1" };
    const asked = async (client_id: string, given: { user_agent?: string } = phone) => {
      const session = new sixpack.Session({ ...PATIENT, ...given, base_url: api.url, client_id });
      const answer = await reply((done) => session.participate("checkout", alternatives, done));
      return answer as { readonly alternative: { readonly name: string }; readonly reason: string };
    };
    const answers = new Map<string, Awaited<ReturnType<typeof asked>>>();
    for (let number = 0; number < 30; number += 1) answers.set(`c${number}`, await asked(`c${number}`));
    const outside = [...answers.values()].filter(({ reason }) => reason === "outside-slice");
    expect(new Set(outside.map(({ alternative }) => alternative.name))).toEqual(new Set(["old"]));
    const inside = [...answers].filter(([, { reason }]) => reason !== "outside-slice");
    expect(new Set(inside.map(([, { alternative }]) => alternative.name))).toEqual(new Set(alternatives));

    const stored = await storedExperiment(api.store, "checkout");
    const [device] = stored.dimensions ?? [];
    const phones = (await api.store.tallies.read(stored)).filter(
      ({ metric, subset }) =>
        metric === -1 && subset.kind === "segment" && device && segmentName(device, subset.value) === "phone",
    );
    expect(phones.reduce((sum, { clients }) => sum + clients, 0)).toBe(answers.size);

    const cookie = inside.find(([, { alternative }]) => alternative.name === "new")?.[0] ?? "";
    for (const account of ["account-1", "account-2", "account-3", "account-4"]) {
      expect(await api.post("/link", { client_id: account, previous_id: cookie })).toMatchObject({ status: 200 });
      expect(await asked(account, {})).toMatchObject({ alternative: { name: "new" } });
    }
  });
});

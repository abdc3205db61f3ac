import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { digestOf, layerPosition } from "../../../server/src/domain/digest.ts";
import type { ClientId, ExperimentName } from "../../../server/src/domain/names.ts";
import { chooseWeighted, parseWeights } from "../../../server/src/domain/policy/weighted.ts";
import { release, seenRequests, sharedMisbehavingServer, sharedRealServer } from "../../test/support/servers.ts";
import { type Alternatives, type Failure, Session } from "../src/index.ts";
import { assign, assignAsync, LocalAssigner } from "../src/local.ts";
import { sha1 } from "../src/sha1.ts";

interface Row {
  readonly experiment: string;
  readonly client_id: string;
  readonly alternatives: number;
  readonly digest: string;
  readonly index: number;
  readonly traffic: number;
}

const { rows } = JSON.parse(readFileSync(new URL("../../../conformance/assignment.json", import.meta.url), "utf8")) as {
  readonly rows: readonly Row[];
};

const names = (count: number) => Array.from({ length: count }, (_, index) => `a${index}`) as unknown as Alternatives;

const misbehaving = sharedMisbehavingServer();
const real = sharedRealServer();

describe("a local assignment", () => {
  test("has the digest of every golden row", () => {
    for (const { experiment, client_id, digest } of rows) {
      const words = sha1(`${experiment}.${client_id}`).map((word) => word.toString(16).padStart(8, "0"));
      expect(words.join("")).toBe(digest);
    }
  });

  test("chooses the alternative of every golden row, with Web Crypto and without", async () => {
    for (const { experiment, client_id, alternatives, index } of rows) {
      const definition = { alternatives: names(alternatives) };
      expect(assign(experiment, client_id, definition)).toBe(`a${index}`);
      expect(await assignAsync(experiment, client_id, definition)).toBe(`a${index}`);
    }
  });

  test("leaves out whom the golden rows place outside the traffic", async () => {
    for (const { experiment, client_id, alternatives, index, traffic } of rows) {
      const at = (trafficFraction: number) => ({ alternatives: names(alternatives), trafficFraction });
      expect(assign(experiment, client_id, at(traffic))).toBe("a0");
      expect(assign(experiment, client_id, at(traffic + 1e-9))).toBe(`a${index}`);
      expect(await assignAsync(experiment, client_id, at(traffic))).toBe("a0");
    }
  });

  test("leaves out who is not in the slice of a layer, as the server does", async () => {
    for (const { experiment, client_id, alternatives, index } of rows) {
      const place = layerPosition("checkout", client_id as ClientId);
      const within = (...slice: [number, number]) => ({
        alternatives: names(alternatives),
        layer: { name: "checkout", slice },
      });
      expect(assign(experiment, client_id, within(place, place + 1e-9))).toBe(`a${index}`);
      expect(await assignAsync(experiment, client_id, within(place, place + 1e-9))).toBe(`a${index}`);
      expect(assign(experiment, client_id, within(0, place))).toBe("a0");
      expect(await assignAsync(experiment, client_id, within(place + 1e-9, 2))).toBe("a0");
    }
  });

  test("weighs as the server does", () => {
    const weights = [1, 0, 2.5, 0.5];
    const shares = parseWeights(weights.map(String), 4) ?? [];
    for (const { experiment, client_id } of rows) {
      const digest = digestOf(experiment as ExperimentName, client_id as ClientId);
      const definition = { alternatives: names(4), weights };
      expect(assign(experiment, client_id, definition)).toBe(`a${chooseWeighted(digest, shares)}`);
    }
  });

  test("does not move anybody for equal weights", () => {
    for (const { experiment, client_id, alternatives, index } of rows) {
      const weights = new Array(alternatives).fill(0.3);
      expect(assign(experiment, client_id, { alternatives: names(alternatives), weights })).toBe(`a${index}`);
    }
  });

  test("shows the winner to everybody, and the control when the experiment is stopped", () => {
    const alternatives = names(3);
    for (const { experiment, client_id } of rows.slice(0, 20)) {
      expect(assign(experiment, client_id, { alternatives, winner: "a2" })).toBe("a2");
      expect(assign(experiment, client_id, { alternatives, stopped: true })).toBe("a0");
    }
  });
});

/** A session of a server that answers each path when it is told to, in any order. */
async function overtaken() {
  const waiting: { readonly path: string; readonly response: ServerResponse }[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://localhost");
    waiting.push({ path: pathname, response });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  let count = 0;
  return {
    session: new Session(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { timeoutMs: 60_000 }),
    server: {
      /** Resolves when one more call has come, to this path. */
      async asked(path: string) {
        count += 1;
        await expect.poll(() => waiting.length).toBe(count);
        expect(waiting.at(-1)?.path).toBe(path);
      },
      /** @param index among the calls to this path */
      answer(path: string, body: object, index = 0) {
        const { response } = waiting.filter((call) => call.path === path)[index] ?? {};
        response?.end(JSON.stringify({ status: "ok", ...body }));
      },
      close() {
        server.close();
        server.closeAllConnections();
      },
    },
  };
}

describe("a local assigner", () => {
  test("answers what the server then has on record, and reports once", async () => {
    const local = new LocalAssigner();
    for (let number = 0; number < 50; number += 1) {
      const session = new Session(real.url, { clientId: `edge-${number}`, timeoutMs: 60_000 });
      const answer = local.participate(session, "edge", ["a", "b", "c"]);
      expect(local.participate(session, "edge", ["a", "b", "c"])).toBe(answer);
      await local.settled();
      expect(await session.participate("edge", ["a", "b", "c"])).toBe(answer);
    }
    const details = await (await fetch(`${real.url}/experiments/edge`)).json();
    expect(details).toMatchObject({ total_participants: 50 });
  });

  test("uses and reports the alternative on record where it computed another", async () => {
    const failures: Failure[] = [];
    const session = new Session(real.url, {
      clientId: "09a7407c-e371-492b-82e3-ef438d960ca3",
      timeoutMs: 60_000,
      onFailure: (failure) => failures.push(failure),
    });
    // Computed as b; on record as a.
    await session.participate("deterministic-1", ["a", "b"], { force: "a", recordForce: true });
    const local = new LocalAssigner();
    expect(local.participate(session, "deterministic-1", ["a", "b"])).toBe("b");
    await local.settled();
    expect(failures.map(({ code }) => code)).toEqual(["mismatch"]);
    expect(local.participate(session, "deterministic-1", ["a", "b"])).toBe("a");
  });

  test("reports again after a failure, and reports nothing for a prefetch or what is forced", async () => {
    const local = new LocalAssigner();
    const session = new Session(`${misbehaving.url}/error-503-once/edge`, {
      query: "sixpack-force-other=b",
      timeoutMs: 60_000,
    });
    expect(local.participate(session, "other", ["a", "b"])).toBe("b");
    local.participate(session, "button", ["red", "blue"], { prefetch: true });
    for (let round = 0; round < 3; round += 1) {
      local.participate(session, "button", ["red", "blue"]);
      await local.settled();
    }
    expect(await seenRequests(misbehaving, "edge")).toHaveLength(2);
  });

  test("does not wait for the server", async () => {
    const local = new LocalAssigner();
    const session = new Session(`${misbehaving.url}/silent/edge-slow`, { timeoutMs: 100 });
    // Not a promise, so no answer can have been waited for.
    expect(local.participate(session, "button", ["red", "blue"])).toBeOneOf(["red", "blue"]);
    await local.settled();
  });

  test("learns order and traffic from the server", async () => {
    const failures: Failure[] = [];
    const onFailure = (failure: Failure) => failures.push(failure);
    const session = new Session(real.url, { clientId: "learner", timeoutMs: 60_000, onFailure });
    await session.participate("learned", ["b", "a"], { trafficFraction: 0.000001, prefetch: true });
    const local = new LocalAssigner();
    await local.refresh(session, ["learned", "unknown-to-all"]);
    expect(failures).toMatchObject([{ code: "rejected", call: "refresh", experiment: "unknown-to-all" }]);
    expect(local.participate(session, "learned", ["a", "b"])).toBe("b");
    await local.settled();
  });

  test.each([
    { path: "redirecting", code: "redirect" },
    { path: "half", code: "bad-answer" },
    { path: "wrong-json", code: "bad-answer" },
    { path: "rejecting", code: "rejected" },
  ])("keeps its definition and reports $code when a refresh meets a server that is $path", async ({ path, code }) => {
    const failures: Failure[] = [];
    const onFailure = (failure: Failure) => failures.push(failure);
    const session = new Session(`${misbehaving.url}/${path}/edge-refresh`, { clientId: "refreshed", onFailure });
    const local = new LocalAssigner({ kept: { alternatives: ["a", "b"], winner: "b" } });
    await local.refresh(session, ["kept"]);
    expect(failures).toMatchObject([{ code, call: "refresh", experiment: "kept" }]);
    expect(local.participate(session, "kept", ["a", "b"], { prefetch: true })).toBe("b");
  });

  test("does not take an answer that a refresh has overtaken", async () => {
    const { session, server } = await overtaken();
    const local = new LocalAssigner();
    expect(local.participate(session, "won", ["a", "b"])).toBeOneOf(["a", "b"]);
    await server.asked("/participate");
    const first = local.refresh(session, ["won"]);
    await server.asked("/experiments/won");
    const second = local.refresh(session, ["won"]);
    await server.asked("/experiments/won");
    // The newer refresh comes first and knows the winner; then the older one, and last the report.
    server.answer("/experiments/won", { alternatives: ["a", "b"], winner: "b" }, 1);
    await second;
    server.answer("/experiments/won", { alternatives: ["a", "b"], winner: "a" });
    await first;
    server.answer("/participate", { alternative: { name: "a" } });
    await local.settled();
    expect(local.participate(session, "won", ["a", "b"], { prefetch: true })).toBe("b");
    server.close();
  });

  test("learns of a layer from the server", async () => {
    const { session, server } = await overtaken();
    const local = new LocalAssigner();
    const shown = async (slice: readonly number[]) => {
      const refreshed = local.refresh(session, ["sliced"]);
      await server.asked("/experiments/sliced");
      server.answer("/experiments/sliced", { alternatives: ["a", "b"], layer: { name: "checkout", slice } }, calls);
      calls += 1;
      await refreshed;
      // Whoever it is: half of all clients see the second alternative.
      const of = (id: number) => new Session(session.baseUrl, { clientId: `c${id}` });
      return new Set(
        Array.from({ length: 20 }, (_, id) => local.participate(of(id), "sliced", ["a", "b"], { prefetch: true })),
      );
    };
    let calls = 0;
    expect(await shown([0, 1])).toEqual(new Set(["a", "b"]));
    expect(await shown([0, 1e-9])).toEqual(new Set(["a"]));
    server.close();
  });

  test("waits for the reports of one session, whatever others do", async () => {
    const local = new LocalAssigner();
    const mine = new Session(`${misbehaving.url}/fine/edge-mine`, { clientId: "mine", timeoutMs: 60_000 });
    const other = new Session(`${misbehaving.url}/held/edge-other`, { clientId: "other", timeoutMs: 60_000 });
    local.participate(other, "button", ["red", "blue"]);
    local.participate(mine, "button", ["red", "blue"]);
    await local.settled(mine);
    expect(await seenRequests(misbehaving, "edge-mine")).toHaveLength(1);
    await expect.poll(() => seenRequests(misbehaving, "edge-other")).toHaveLength(1);
    await release(misbehaving, "edge-other");
    await local.settled();
  });

  test("keeps experiments and clients apart, whatever dots are in their names", async () => {
    const local = new LocalAssigner();
    const by = (clientId: string) => new Session(real.url, { clientId, timeoutMs: 5_000 });
    expect(local.participate(by("c"), "dots.b", ["x", "y"], { force: "x", recordForce: true })).toBe("x");
    await local.settled();
    const alternatives = ["v", "w"] as const;
    const definition = { alternatives };
    expect(local.participate(by("b.c"), "dots", alternatives)).toBe(assign("dots", "b.c", definition));
    await local.settled();
    expect(local.participate(by("c"), "dots.b", ["x", "y"])).toBe("x");
  });

  test("throws for arguments that break the rules", () => {
    const session = new Session(real.url);
    expect(() => new LocalAssigner().participate(session, "two\nwords", ["a", "b"])).toThrow(TypeError);
  });

  test("reports in the background", async () => {
    const local = new LocalAssigner();
    const session = new Session(`${misbehaving.url}/fine/edge-later`, { timeoutMs: 60_000 });
    local.participate(session, "button", ["red", "blue"]);
    await local.settled();
    expect(await seenRequests(misbehaving, "edge-later")).toHaveLength(1);
  });
});

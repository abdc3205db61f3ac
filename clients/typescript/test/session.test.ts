/** What the shared cases can't say: the parts that are TypeScript's own. */
import { readFileSync } from "node:fs";
import { describe, expect, expectTypeOf, test } from "vitest";
import { seenRequests, sharedMisbehavingServer, sharedRealServer } from "../../test/support/servers.ts";
import { type Failure, Session } from "../src/index.ts";

const misbehaving = sharedMisbehavingServer();
const real = sharedRealServer();

/** Milliseconds that are enough for any answer of a server that works. */
const PATIENT = { timeoutMs: 60_000 };

describe("a session", () => {
  test("answers one of the alternatives, by its type too", async () => {
    const color = await new Session(real.url, PATIENT).participate("typed", ["red", "blue"]);
    expectTypeOf(color).toEqualTypeOf<"red" | "blue">();
    expect(["red", "blue"]).toContain(color);
  });

  test("offers a cookie that gives the next session the same client", () => {
    const { setCookie, clientId } = new Session(real.url);
    expect(clientId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(setCookie).toBe(`sixpack_client_id=${clientId}; Path=/; Max-Age=34560000; SameSite=Lax`);
    expect(new Session(real.url, { cookie: setCookie.split(";")[0] }).clientId).toBe(clientId);
  });

  test("makes a different id for every client", () => {
    const ids = Array.from({ length: 1_000 }, () => new Session(real.url).clientId);
    expect(new Set(ids).size).toBe(1_000);
  });

  test.each(["", "example.com", "ftp://example.com", "http://", "http://example.com/?a=b", "http://a/#b"])(
    "throws for the base URL %j",
    (url) => {
      expect(() => new Session(url)).toThrow(TypeError);
    },
  );

  test.each(["", "a\0b", "x".repeat(1_025)])("throws for the client id %j", (clientId) => {
    expect(() => new Session(real.url, { clientId })).toThrow(TypeError);
  });

  test("returns the control when the hook throws", async () => {
    const onFailure = () => {
      throw new Error("its own trouble");
    };
    const session = new Session(`${misbehaving.url}/error-500/hook`, { ...PATIENT, onFailure });
    expect(await session.participate("button", ["red", "blue"])).toBe("red");
  });

  test("tells the hook what the server said", async () => {
    const failures: Failure[] = [];
    const session = new Session(`${misbehaving.url}/rejecting/told`, {
      ...PATIENT,
      onFailure: (failure) => failures.push(failure),
    });
    await session.convert("button");
    expect(failures).toMatchObject([{ status: 400, message: "this client was not participating" }]);
  });
});

describe("participateAll", () => {
  const experiments = { button: ["red", "blue"], paper: ["matt", "glossy", "none"] } as const;

  test("takes one request where the server knows batches", async () => {
    const session = new Session(`${misbehaving.url}/batching/batch`, { ...PATIENT, clientId: "one" });
    expect(await session.participateAll(experiments, { prefetch: true })).toEqual({ button: "blue", paper: "none" });
    const shared = { client_id: "one", prefetch: true };
    const calls = Object.entries(experiments).map(([experiment, alternatives]) => ({
      participate: { experiment, alternatives, ...shared },
    }));
    expect(await seenRequests(misbehaving, "batch")).toEqual([
      { method: "POST", path: "/batch", arguments: {}, body: { calls } },
    ]);
  });

  test("makes single calls where it doesn't, and remembers that", async () => {
    const answers = { button: "blue", paper: "none" };
    for (let round = 0; round < 2; round += 1) {
      expect(await new Session(`${misbehaving.url}/fine/single`, PATIENT).participateAll(experiments)).toEqual(answers);
    }
    const paths = (await seenRequests(misbehaving, "single")).map(({ path }) => path);
    expect(paths).toEqual(["/batch", "/participate", "/participate", "/participate", "/participate"]);
  });

  test("agrees with single calls on the real server", async () => {
    const one = new Session(real.url, { ...PATIENT, clientId: "both-ways" });
    const answers = await one.participateAll(experiments);
    expect(answers.button).toBe(await one.participate("button", experiments.button));
    expect(answers.paper).toBe(await one.participate("paper", experiments.paper));
  });

  test("answers every control, and reports each, when the batch fails", async () => {
    const failures: Failure[] = [];
    const onFailure = (failure: Failure) => failures.push(failure);
    const session = new Session(`${misbehaving.url}/error-500/batch-fails`, { ...PATIENT, onFailure });
    expect(await session.participateAll(experiments)).toEqual({ button: "red", paper: "matt" });
    expect(failures.map(({ code, experiment }) => `${experiment} ${code}`)).toEqual([
      "button server-error",
      "paper server-error",
    ]);
  });

  test("answers the control for an alternative that the batch doesn't know", async () => {
    const failures: Failure[] = [];
    const onFailure = (failure: Failure) => failures.push(failure);
    const session = new Session(`${misbehaving.url}/wrong-alternative/batch-wrong`, { ...PATIENT, onFailure });
    expect(await session.participateAll(experiments)).toEqual({ button: "red", paper: "matt" });
    expect(failures.map(({ code }) => code)).toEqual(["bad-answer", "bad-answer"]);
  });

  test("asks nothing for what is forced", async () => {
    const session = new Session(`${misbehaving.url}/fine/forced`, {
      query: "?sixpack-force-button=red&sixpack-force-paper=glossy",
    });
    expect(await session.participateAll(experiments)).toEqual({ button: "red", paper: "glossy" });
    expect(await seenRequests(misbehaving, "forced")).toEqual([]);
  });

  test("answers nothing for no experiments", async () => {
    expect(await new Session(`${misbehaving.url}/fine/none`).participateAll({})).toEqual({});
    expect(await seenRequests(misbehaving, "none")).toEqual([]);
  });
});

describe("the README", () => {
  test("has a first example that runs", async () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    const lines = code
      .replace(/^import .*$/m, "")
      .replace('"http://localhost:5000"', `"${real.url}", { timeoutMs: 60_000 }`);
    const run = new Function("Session", `return (async () => { ${lines}; return color; })()`);
    expect(["red", "blue"]).toContain(await run(Session));
  });
});

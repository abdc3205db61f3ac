/** Several experiments at once. */
import { describe, expect, test } from "vitest";
import { seenRequests, sharedMisbehavingServer, sharedRealServer } from "../../test/support/servers.ts";
import { participateAll } from "../src/batch.ts";
import { type Failure, Session } from "../src/index.ts";

const misbehaving = sharedMisbehavingServer();
const real = sharedRealServer();

/** Milliseconds that are enough for any answer of a server that works. */
const PATIENT = { timeoutMs: 60_000 };

function watched(path: string, options: object = PATIENT): { session: Session; codes: string[] } {
  const codes: string[] = [];
  const onFailure = ({ code }: Failure) => codes.push(code);
  return { codes, session: new Session(`${misbehaving.url}/${path}`, { onFailure, ...options }) };
}

describe("participateAll", () => {
  const experiments = { button: ["red", "blue"], paper: ["matt", "glossy", "none"] } as const;

  test("takes one request where the server knows batches", async () => {
    const session = new Session(`${misbehaving.url}/batching/batch`, { ...PATIENT, clientId: "one" });
    expect(await participateAll(session, experiments, { prefetch: true })).toEqual({ button: "blue", paper: "none" });
    const shared = { client_id: "one", prefetch: true };
    const calls = Object.entries(experiments).map(([experiment, alternatives]) => ({
      participate: { experiment, alternatives, ...shared },
    }));
    expect(await seenRequests(misbehaving, "batch")).toEqual([
      { method: "POST", path: "/batch", arguments: {}, body: { calls } },
    ]);
  });

  test.each([
    ["too-many", "rejected"],
    ["rejecting", "rejected"],
  ])("fails as one where a server that knows batches is %s", async (behaviour, code) => {
    for (let round = 0; round < 2; round += 1) {
      const { session, codes } = watched(`${behaviour}/batch-refused`);
      expect(await participateAll(session, experiments)).toEqual({ button: "red", paper: "matt" });
      expect(codes).toEqual([code, code]);
      expect((await seenRequests(misbehaving, "batch-refused")).every(({ path }) => path === "/batch")).toBe(true);
    }
  });

  test("answers experiments of any name", async () => {
    const session = new Session(`${misbehaving.url}/batching/batch-names`, PATIENT);
    const answers = await participateAll(session, { ["__proto__"]: ["a", "b"], constructor: ["c", "d"] });
    expect(Object.entries(answers)).toEqual([
      ["__proto__", "b"],
      ["constructor", "d"],
    ]);
  });

  test("makes single calls where it doesn't, and remembers that", async () => {
    const answers = { button: "blue", paper: "none" };
    for (let round = 0; round < 2; round += 1) {
      expect(await participateAll(new Session(`${misbehaving.url}/fine/single`, PATIENT), experiments)).toEqual(
        answers,
      );
    }
    const paths = (await seenRequests(misbehaving, "single")).map(({ path }) => path);
    expect(paths).toEqual(["/batch", "/participate", "/participate", "/participate", "/participate"]);
  });

  test("agrees with single calls on the real server", async () => {
    const one = new Session(real.url, { ...PATIENT, clientId: "both-ways" });
    const answers = await participateAll(one, experiments);
    expect(answers.button).toBe(await one.participate("button", experiments.button));
    expect(answers.paper).toBe(await one.participate("paper", experiments.paper));
  });

  test("asks for more experiments than a request takes", async () => {
    const failures: Failure[] = [];
    const onFailure = (failure: Failure) => failures.push(failure);
    // Of three bytes a letter, so that it is the bytes that are too many, and not the calls.
    const session = new Session(real.url, { ...PATIENT, clientId: "c", userAgent: "日".repeat(512), onFailure });
    const names = Array.from({ length: 150 }, (_, number) => [`many-${number}`, ["a", "b"]] as const);
    const answers = await participateAll(session, Object.fromEntries(names));
    expect([Object.keys(answers).length, failures]).toEqual([150, []]);
    const details = await (await fetch(`${real.url}/experiments/many-149`)).json();
    expect(details).toMatchObject({ total_participants: 1 });
  });

  test("sends as many to a request as the server takes", async () => {
    const { session, codes } = watched("batching/batch-parts");
    const names = Array.from({ length: 250 }, (_, number) => [`many-${number}`, ["a", "b"]] as const);
    const answers = await participateAll(session, Object.fromEntries(names));
    expect(new Set(Object.values(answers))).toEqual(new Set(["b"]));
    const bodies = (await seenRequests(misbehaving, "batch-parts")).map(({ body }) => body as { calls: unknown[] });
    expect(bodies.map(({ calls }) => calls.length).sort()).toEqual([100, 100, 50]);
    expect(codes).toEqual([]);
  });

  test("answers every control, and reports each, when the batch fails", async () => {
    const failures: Failure[] = [];
    const onFailure = (failure: Failure) => failures.push(failure);
    const session = new Session(`${misbehaving.url}/error-500/batch-fails`, { ...PATIENT, onFailure });
    expect(await participateAll(session, experiments)).toEqual({ button: "red", paper: "matt" });
    expect(failures.map(({ code, experiment }) => `${experiment} ${code}`)).toEqual([
      "button server-error",
      "paper server-error",
    ]);
  });

  test("answers the control for an alternative that the batch doesn't know", async () => {
    const failures: Failure[] = [];
    const onFailure = (failure: Failure) => failures.push(failure);
    const session = new Session(`${misbehaving.url}/wrong-alternative/batch-wrong`, { ...PATIENT, onFailure });
    expect(await participateAll(session, experiments)).toEqual({ button: "red", paper: "matt" });
    expect(failures.map(({ code }) => code)).toEqual(["bad-answer", "bad-answer"]);
  });

  test("asks nothing for what is forced", async () => {
    const session = new Session(`${misbehaving.url}/fine/forced`, {
      query: "?sixpack-force-button=red&sixpack-force-paper=glossy",
    });
    expect(await participateAll(session, experiments)).toEqual({ button: "red", paper: "glossy" });
    expect(await seenRequests(misbehaving, "forced")).toEqual([]);
  });

  test("answers nothing for no experiments", async () => {
    expect(await participateAll(new Session(`${misbehaving.url}/fine/none`), {})).toEqual({});
    expect(await seenRequests(misbehaving, "none")).toEqual([]);
  });
});

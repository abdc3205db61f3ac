import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ErrorCode, OpenFeature } from "@openfeature/web-sdk";
import { type Failure, Session } from "@sixpack/client";
import { afterAll, describe, expect, test } from "vitest";
import { seenRequests, sharedMisbehavingServer, sharedRealServer } from "../../test/support/servers.ts";
import { SixpackWebProvider, type WebProviderOptions } from "../src/web.ts";
import { CLIENT, domain, FLAGS, MISBEHAVING } from "./support.ts";

const misbehaving = sharedMisbehavingServer();
const real = sharedRealServer();

afterAll(() => OpenFeature.close());

async function client(baseUrl: string, options: Partial<WebProviderOptions> = {}, targetingKey = CLIENT) {
  const provider = new SixpackWebProvider(baseUrl, { timeoutMs: 60_000, flags: FLAGS, ...options });
  const name = domain();
  await OpenFeature.setContext(name, { targetingKey });
  await OpenFeature.setProviderAndWait(name, provider);
  return { name, provider, flags: OpenFeature.getClient(name) };
}

async function participants(experiment: string): Promise<number> {
  const details = (await (await fetch(`${real.url}/experiments/${experiment}`)).json()) as {
    total_participants: number;
  };
  return details.total_participants;
}

async function until(held: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(held).toBe(true);
}

describe("the OpenFeature provider for browsers", () => {
  test("resolves every type at once, after one load", async () => {
    const { flags } = await client(real.url);
    expect(flags.getStringDetails("deterministic-1", "?")).toMatchObject({ value: "b", variant: "b", reason: "SPLIT" });
    expect(flags.getBooleanValue("enabled", false)).toBe(true);
    expect(flags.getNumberValue("price", 0)).toBe(12);
    expect(flags.getObjectValue("banner", {})).toEqual({ title: "New", size: 2 });
  });

  test("asks for all flags in one batch, and for those with settings of their own", async () => {
    const flags = {
      one: { alternatives: ["a", "b"] },
      two: { alternatives: ["a", "b"] },
      three: { alternatives: ["a", "b"], trafficFraction: 0.5 },
    } as const;
    await client(`${misbehaving.url}/batching/of-web`, { flags });
    const paths = (await seenRequests(misbehaving, "of-web")).map(({ path }) => path).sort();
    expect(paths).toEqual(["/batch", "/participate"]);
  });

  test.each(MISBEHAVING)("gives the caller's default and ERROR when the server is %s", async (behaviour, timeoutMs) => {
    const failures: Failure[] = [];
    const onFailure = (failure: Failure) => failures.push(failure);
    const options = { timeoutMs, retries: 0, onFailure };
    const { provider, flags } = await client(`${misbehaving.url}/${behaviour}/of-browser`, options);
    const details = flags.getStringDetails("deterministic-1", "mine");
    expect(details).toMatchObject({ value: "mine", reason: "ERROR", errorCode: ErrorCode.GENERAL });
    expect(failures.map(({ code, message }) => `${code}: ${message}`)).toEqual([details.errorMessage]);
    flags.track("bought", {});
    await provider.onClose();
  });

  test("refuses a base URL with a password when it is made", () => {
    expect(() => new SixpackWebProvider("https://user:secret@example.com", { flags: FLAGS })).toThrow(TypeError);
  });

  test("takes part in an experiment when its flag is first evaluated, and in no other", async () => {
    const flags = { seen: { alternatives: ["a", "b"] }, unseen: { alternatives: ["a", "b"] } } as const;
    const { name, flags: known } = await client(real.url, { flags }, "before");
    expect(await participants("seen")).toBe(0);
    const value = known.getStringValue("seen", "?");
    for (let round = 0; round < 3; round += 1) expect(known.getStringValue("seen", "?")).toBe(value);
    await until(async () => (await participants("seen")) === 1);
    await OpenFeature.setContext(name, { targetingKey: "after" });
    expect(await participants("seen")).toBe(1);
    known.getStringValue("seen", "?");
    await until(async () => (await participants("seen")) === 2);
    expect(await participants("unseen")).toBe(0);
  });

  test("converts after the participation that the conversion needs", async () => {
    const failures: Failure[] = [];
    const onFailure = (failure: Failure) => failures.push(failure);
    const { provider, flags } = await client(
      real.url,
      { flags: { ordered: { alternatives: ["a", "b"] } }, events: { bought: [{ experiment: "ordered" }] }, onFailure },
      "in-order",
    );
    flags.getStringValue("ordered", "?");
    flags.track("bought");
    await provider.onClose();
    expect(failures).toEqual([]);
    const details = await (await fetch(`${real.url}/experiments/ordered`)).json();
    expect(details).toMatchObject({ total_participants: 1 });
  });

  test("reports where the server has another alternative on record than the one shown", async () => {
    const failures: Failure[] = [];
    const onFailure = (failure: Failure) => failures.push(failure);
    const alternatives = ["a", "b"] as const;
    const { provider, flags } = await client(real.url, { onFailure, flags: { late: { alternatives } } });
    const session = new Session(real.url, { clientId: CLIENT, timeoutMs: 60_000 });
    const known = await session.participate("late", alternatives, { prefetch: true });
    // Between the page's question and its use of the flag, somebody has the other one recorded.
    await session.participate("late", alternatives, { force: known === "a" ? "b" : "a", recordForce: true });
    expect(flags.getStringValue("late", "?")).toBe(known);
    await provider.onClose();
    expect(failures).toMatchObject([{ code: "mismatch", experiment: "late" }]);
  });

  test("lets the slower of two changes of the context go by", async () => {
    const held: ServerResponse[] = [];
    const server = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? "", "http://localhost");
      const client = searchParams.get("client_id");
      const answer = () => response.end(`{"status":"ok","alternative":{"name":"${client === "fast" ? "b" : "a"}"}}`);
      if (client === "slow") held.push(response);
      else answer();
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const clients: string[] = [];
    const queue = (session: Session) => ({ convert: () => clients.push(session.clientId) });
    const flags = { raced: { alternatives: ["a", "b"] } } as const;
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { name, provider, flags: known } = await client(url, { flags, queue }, "before");
    const slow = OpenFeature.setContext(name, { targetingKey: "slow" });
    await until(() => held.length === 1);
    await OpenFeature.setContext(name, { targetingKey: "fast" });
    held[0]?.end('{"status":"ok","alternative":{"name":"a"}}');
    await slow;
    expect(known.getStringValue("raced", "?")).toBe("b");
    known.track("bought");
    await provider.onClose();
    expect(clients).toEqual(["fast"]);
    server.close();
    server.closeAllConnections();
  });

  test("closes the queue of a client that is left, once it has sent what it was given, and makes none for the same", async () => {
    const told: string[] = [];
    const queue = ({ clientId }: Session) => ({
      convert: () => told.push(`${clientId} converts`),
      flush: async () => told.push(`${clientId} flushes`),
      close: () => told.push(`${clientId} closes`),
    });
    const { name, provider, flags } = await client(real.url, { queue }, "first");
    flags.track("bought");
    await OpenFeature.setContext(name, { targetingKey: "first", plan: "free" });
    await OpenFeature.setContext(name, { targetingKey: "second" });
    await until(() => told.length === 3);
    await provider.onClose();
    expect(told).toEqual(["first converts", "first flushes", "first closes", "second flushes", "second closes"]);
  });

  test("makes a client where the context names none", async () => {
    const { flags } = await client(real.url, { flags: { anonymous: { alternatives: ["a", "b"] } } }, "");
    expect(["a", "b"]).toContain(flags.getStringValue("anonymous", "?"));
  });

  test("gives the caller's default and ERROR when the server doesn't answer", async () => {
    const { flags } = await client(`${misbehaving.url}/silent/of-web-slow`, { timeoutMs: 100 });
    expect(flags.getStringDetails("deterministic-1", "mine")).toMatchObject({
      value: "mine",
      reason: "ERROR",
      errorCode: ErrorCode.GENERAL,
    });
  });

  test("gives the default for a flag or a type that is none", async () => {
    const { flags } = await client(real.url);
    expect(flags.getStringDetails("unknown", "mine").errorCode).toBe(ErrorCode.FLAG_NOT_FOUND);
    expect(flags.getNumberDetails("enabled", 7).errorCode).toBe(ErrorCode.TYPE_MISMATCH);
  });

  test("converts by the queue it was given", async () => {
    const taken: unknown[] = [];
    const queue = () => ({ convert: (...conversion: unknown[]) => taken.push(conversion) });
    const events = { bought: [{ experiment: "deterministic-1", kpi: "purchase" }] };
    const { flags } = await client(real.url, { events, queue });
    flags.track("bought", { value: 5 });
    flags.track("signup");
    flags.track("two words");
    expect(taken).toEqual([
      ["deterministic-1", "purchase", 5],
      [null, "signup", undefined],
    ]);
  });
});

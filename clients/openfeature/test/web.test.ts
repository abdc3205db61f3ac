import { ErrorCode, OpenFeature } from "@openfeature/web-sdk";
import { afterAll, describe, expect, test } from "vitest";
import { seenRequests, sharedMisbehavingServer, sharedRealServer } from "../../test/support/servers.ts";
import { SixpackWebProvider, type WebProviderOptions } from "../src/web.ts";
import { CLIENT, domain, FLAGS } from "./support.ts";

const misbehaving = sharedMisbehavingServer();
const real = sharedRealServer();

afterAll(() => OpenFeature.close());

async function client(baseUrl: string, options: Partial<WebProviderOptions> = {}, targetingKey = CLIENT) {
  const provider = new SixpackWebProvider(baseUrl, { timeoutMs: 60_000, flags: FLAGS, ...options });
  const name = domain();
  await OpenFeature.setContext(name, { targetingKey });
  await OpenFeature.setProviderAndWait(name, provider);
  return { name, flags: OpenFeature.getClient(name) };
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

  test("loads anew for another client", async () => {
    const { name, flags } = await client(real.url, { flags: { moved: { alternatives: ["a", "b"] } } }, "before");
    flags.getStringValue("moved", "?");
    await OpenFeature.setContext(name, { targetingKey: "after" });
    const details = await (await fetch(`${real.url}/experiments/moved`)).json();
    expect(details).toMatchObject({ total_participants: 2 });
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

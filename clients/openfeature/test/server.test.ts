import { readFileSync } from "node:fs";
import { ErrorCode, OpenFeature } from "@openfeature/server-sdk";
import type { Failure } from "@sixpack/client";
import { afterAll, describe, expect, test } from "vitest";
import { type Experiment, withPaused, withWinner } from "../../../server/src/domain/experiment.ts";
import type { ExperimentName } from "../../../server/src/domain/names.ts";
import { type Api, startApi } from "../../../server/test/support/api.ts";
import { seenRequests, sharedMisbehavingServer, sharedRealServer } from "../../test/support/servers.ts";
import { type ProviderOptions, SixpackProvider } from "../src/server.ts";
import { CLIENT, domain, FLAGS, MISBEHAVING } from "./support.ts";

const misbehaving = sharedMisbehavingServer();
const real = sharedRealServer();

afterAll(() => OpenFeature.close());

async function client(baseUrl: string, options: Partial<ProviderOptions> = {}) {
  const provider = new SixpackProvider(baseUrl, { timeoutMs: 60_000, flags: FLAGS, ...options });
  const name = domain();
  await OpenFeature.setProviderAndWait(name, provider);
  return { provider, flags: OpenFeature.getClient(name) };
}

const context = { targetingKey: CLIENT };

/** As someone would on the dashboard. */
async function change({ store }: Api, by: (experiment: Experiment) => Experiment): Promise<void> {
  const stored = await store.definitions.read("decided" as ExperimentName);
  if (stored === undefined) throw new Error("Expected the experiment to be there");
  expect(await store.definitions.change(by(stored))).toMatchObject({ kind: "changed" });
}

describe("the OpenFeature provider for servers", () => {
  test("resolves strings, booleans, numbers and objects by the values of the alternatives", async () => {
    const { flags } = await client(real.url);
    expect(await flags.getStringDetails("deterministic-1", "?", context)).toMatchObject({
      value: "b",
      variant: "b",
      reason: "SPLIT",
    });
    expect(await flags.getBooleanValue("enabled", false, context)).toBe(true);
    expect(await flags.getNumberValue("price", 0, context)).toBe(12);
    expect(await flags.getObjectValue("banner", {}, context)).toEqual({ title: "New", size: 2 });
  });

  test("takes part as the client of the targeting key", async () => {
    const { flags } = await client(real.url, { flags: { counted: { alternatives: ["a", "b"] } } });
    for (const targetingKey of ["one", "two", "two"]) await flags.getStringValue("counted", "?", { targetingKey });
    const details = await (await fetch(`${real.url}/experiments/counted`)).json();
    expect(details).toMatchObject({ total_participants: 2 });
  });

  test("tells DEFAULT for a robot and for a client outside the traffic", async () => {
    const { flags } = await client(real.url, {
      flags: { quiet: { alternatives: ["a", "b"], trafficFraction: 0.000001 } },
    });
    await flags.getStringValue("quiet", "?", { targetingKey: "the-first" });
    expect(await flags.getStringDetails("quiet", "?", context)).toMatchObject({ value: "a", reason: "DEFAULT" });
    const robot = { ...context, userAgent: "Googlebot/2.1" };
    expect(await flags.getStringDetails("quiet", "?", robot)).toMatchObject({ value: "a", reason: "DEFAULT" });
  });

  test("forwards the segments of the context, and passes over what is none", async () => {
    const { flags } = await client(`${misbehaving.url}/fine/segments`, {
      flags: { button: { alternatives: ["a", "b"] } },
    });
    const segment = { plan: "pro", "two words": "a", age: 7 };
    expect(await flags.getStringValue("button", "?", { ...context, segment })).toBe("b");
    expect(await flags.getStringValue("button", "?", { ...context, segment: "pro" })).toBe("b");
    const [given, none] = await seenRequests(misbehaving, "segments");
    const segmentsOf = (names: object = {}) => Object.entries(names).filter(([name]) => name.startsWith("segment"));
    expect(segmentsOf(given?.arguments)).toEqual([["segment.plan", ["pro"]]]);
    expect(segmentsOf(none?.arguments)).toEqual([]);
  });

  test("forwards the covariate of the context, and passes over what is none", async () => {
    const { flags } = await client(`${misbehaving.url}/fine/covariates`, {
      flags: { button: { alternatives: ["a", "b"] } },
    });
    for (const covariate of [0, "7", 1e13, Number.NaN]) {
      expect(await flags.getStringValue("button", "?", { ...context, covariate })).toBe("b");
    }
    const sent = await seenRequests(misbehaving, "covariates");
    expect(sent.map((request) => request.arguments["covariate"])).toEqual([["0"], undefined, undefined, undefined]);
  });

  test("tells STATIC for a winner and DISABLED for an experiment that is paused", async () => {
    const api = await startApi();
    const { flags } = await client(api.url, { flags: { decided: { alternatives: ["a", "b"] } } });
    await flags.getStringValue("decided", "?", context);
    await change(api, (experiment) => withPaused(experiment, true));
    expect(await flags.getStringDetails("decided", "?", context)).toMatchObject({ value: "a", reason: "DISABLED" });
    await change(api, (experiment) => withWinner(experiment, "b"));
    expect(await flags.getStringDetails("decided", "?", context)).toMatchObject({ value: "b", reason: "STATIC" });
    await api.close();
  });

  test.each(MISBEHAVING)("gives the caller's default and ERROR when the server is %s", async (behaviour, timeoutMs) => {
    const failures: Failure[] = [];
    const onFailure = (failure: Failure) => failures.push(failure);
    const options = { timeoutMs, retries: 0, onFailure };
    const { provider, flags } = await client(`${misbehaving.url}/${behaviour}/of-server`, options);
    const details = await flags.getStringDetails("deterministic-1", "mine", context);
    expect(details).toMatchObject({ value: "mine", reason: "ERROR", errorCode: ErrorCode.GENERAL });
    expect(failures.map(({ code, message }) => `${code}: ${message}`)).toEqual([details.errorMessage]);
    flags.track("bought", context);
    await provider.onClose();
  });

  test("refuses a base URL with a password when it is made", () => {
    expect(() => new SixpackProvider("https://user:secret@example.com", { flags: FLAGS })).toThrow(TypeError);
  });

  test("answers with an unknown reason where the server tells none", async () => {
    const { flags } = await client(`${misbehaving.url}/fine/of-reason`);
    expect(await flags.getStringDetails("deterministic-1", "?", context)).toMatchObject({
      value: "b",
      reason: "UNKNOWN",
    });
  });

  test("gives the default for a flag, a type or a context that is none", async () => {
    const { flags } = await client(real.url);
    const unknown = await flags.getStringDetails("nobody-s", "mine", context);
    expect(unknown).toMatchObject({ value: "mine", errorCode: ErrorCode.FLAG_NOT_FOUND });
    const inherited = await flags.getStringDetails("toString", "mine", context);
    expect(inherited).toMatchObject({ value: "mine", errorCode: ErrorCode.FLAG_NOT_FOUND });
    const mistyped = await flags.getNumberDetails("enabled", 7, context);
    expect(mistyped).toMatchObject({ value: 7, errorCode: ErrorCode.TYPE_MISMATCH });
    const keyless = await flags.getStringDetails("deterministic-1", "mine", {});
    expect(keyless).toMatchObject({ value: "mine", errorCode: ErrorCode.TARGETING_KEY_MISSING });
    const bad = await flags.getStringDetails("deterministic-1", "mine", { targetingKey: "a\0b" });
    expect(bad).toMatchObject({ value: "mine", errorCode: ErrorCode.INVALID_CONTEXT });
  });

  test("converts the experiments that an event is mapped to", async () => {
    const events = { bought: [{ experiment: "deterministic-1" }, { experiment: "paper", kpi: null }] };
    const { provider, flags } = await client(`${misbehaving.url}/fine/of-track`, { events });
    flags.track("bought", context, { value: 19.99 });
    await provider.onClose();
    const seen = await seenRequests(misbehaving, "of-track");
    const sent = seen.map(({ arguments: { experiment, kpi, value } }) => ({ experiment, kpi, value }));
    expect(sent).toEqual([
      { experiment: ["deterministic-1"], kpi: ["bought"], value: ["19.99"] },
      { experiment: ["paper"], kpi: undefined, value: ["19.99"] },
    ]);
  });

  test("converts every experiment of the client for an event without a mapping", async () => {
    const { provider, flags } = await client(real.url, {
      flags: { first: { alternatives: ["a", "b"] }, second: { alternatives: ["a", "b"] } },
    });
    const visitor = { targetingKey: "in-both" };
    await flags.getStringValue("first", "?", visitor);
    await flags.getStringValue("second", "?", visitor);
    flags.track("signup", visitor);
    await provider.onClose();
    const again = await fetch(`${real.url}/convert?client_id=in-both&kpi=signup`);
    const { experiments } = (await again.json()) as { experiments: readonly { name: string }[] };
    expect(experiments.map(({ name }) => name).sort()).toEqual(["first", "second"]);
  });

  test("leaves the application alone when an event can't be a KPI or nobody is there", async () => {
    const { provider, flags } = await client("http://127.0.0.1:9", { retries: 0 });
    flags.track("two words", context);
    flags.track("signup", {});
    flags.track("signup", context);
    await provider.onClose();
  });

  test("has a first example in the README that runs", async () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    const lines = code.replaceAll(/^import .*$/gm, "").replace("http://localhost:5000", real.url);
    const run = new Function("OpenFeature", "SixpackProvider", `return (async () => { ${lines}; return color; })()`);
    expect(["red", "blue"]).toContain(await run(OpenFeature, SixpackProvider));
  });
});

/**
 * What a client that was generated from `/openapi.json` relies on: a real answer of every endpoint and of every kind of
 * refusal meets the schema that the served document has for its path, method and status, with no field that it doesn't.
 */
import type { TSchema } from "typebox";
import { Check } from "typebox/value";
import { afterAll, describe, expect, it } from "vitest";
import { NAMED_ROUTES, ROUTES } from "../../src/api/paths.ts";
import { query, sharedApi, startApi } from "../support/api.ts";
import { failingStore } from "../support/store.ts";

type Json = Readonly<Record<string, unknown>>;

const api = sharedApi();

let document: Json | undefined;
async function described(): Promise<Json> {
  document ??= (await api.get("/openapi.json")).json as Json;
  return document;
}

/** A part of the document, by the names on the way to it. */
function part(whole: Json, ...names: readonly string[]): unknown {
  return names.reduce<unknown>((value, name) => (value as Json | undefined)?.[name], whole);
}

/** A schema with its references filled in, that lets no field pass which it doesn't name. */
function strict(whole: Json, schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map((item) => strict(whole, item));
  if (typeof schema !== "object" || schema === null) return schema;
  const given = schema as Json;
  if (typeof given["$ref"] === "string") return strict(whole, part(whole, ...given["$ref"].slice(2).split("/")));
  if (given["allOf"] !== undefined) return { allOf: resolved(whole, given["allOf"]), unevaluatedProperties: false };
  const inner = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, strict(whole, value)]));
  return given["properties"] === undefined ? inner : { additionalProperties: false, ...inner };
}

/** The same, where somebody around it watches the fields. */
function resolved(whole: Json, schema: unknown): unknown {
  return JSON.parse(JSON.stringify(strict(whole, schema)), (name, value: unknown) =>
    name === "additionalProperties" ? undefined : value,
  );
}

const seen = new Set<string>();

/** Asks, and holds the answer to the document. */
async function ask(
  path: string,
  url: string,
  status: number,
  body?: unknown,
  server: Pick<typeof api, "get" | "post"> = api,
) {
  const whole = await described();
  const method = body === undefined ? "get" : "post";
  const reply = body === undefined ? await server.get(url) : await server.post(url, body);
  expect([url, reply.status, reply.text]).toEqual([url, status, expect.anything()]);
  const content = part(whole, "paths", path, method, "responses", String(status), "content") as Json;
  const [type = "", { schema }] = (Object.entries(content)[0] as [string, Json]) ?? [];
  seen.add(`${method} ${path}`);
  expect(reply.headers.get("Content-Type")).toContain(type);
  if (reply.json === undefined) return reply;
  expect([reply.text, Check(strict(whole, schema) as TSchema, reply.json)]).toEqual([reply.text, true]);
  // A schema that lets everything pass would prove nothing.
  expect(Check(strict(whole, schema) as TSchema, { ...(reply.json as Json), unheard: 1 })).toBe(
    path === "/openapi.json",
  );
  return reply;
}

const args = { experiment: "schema", alternatives: ["red", "blue"], client_id: "1" };
const flags = "/ofrep/v1/evaluate/flags";

describe("an answer meets the schema of /openapi.json", () => {
  it("of /participate, by every method and for every kind of visitor", async () => {
    await ask("/participate", `/participate?${query(args)}`, 200);
    await ask("/participate", "/participate", 200, args);
    await ask("/participate", `/participate?${query({ ...args, user_agent: "bot" })}`, 200);
    await ask("/participate", `/participate?${query({ ...args, experiment: "none", user_agent: "bot" })}`, 200);
    await ask("/participate", `/participate?${query({ ...args, force: "blue", prefetch: "yes" })}`, 200);
  });

  it("of /link, in one experiment and in all", async () => {
    await ask("/link", "/link?client_id=1&previous_id=cookie", 200);
    await ask("/link", "/link", 200, { client_id: "1", previous_id: "cookie", experiment: "schema" });
    await ask("/link", "/link", 400, { client_id: "1" });
  });

  it("of /convert, in one experiment, in all, and of a robot", async () => {
    await ask("/convert", `/convert?${query({ ...args, kpi: "sales", value: 9.5 })}`, 200);
    await ask("/convert", "/convert", 200, { experiment: "schema", client_id: "1" });
    await ask("/convert", "/convert?client_id=1&kpi=sales", 200);
    await ask("/convert", `/convert?${query({ ...args, user_agent: "bot" })}`, 200);
  });

  it("of a batch, with every answer that a call can have in it", async () => {
    const convert = { experiment: "schema", client_id: "1" };
    const calls = [
      { participate: args },
      { convert },
      { convert: { client_id: "1", kpi: "sales" } },
      { convert: { ...convert, user_agent: "bot" } },
      { convert: { ...convert, client_id: "stranger" } },
    ];
    const reply = await ask("/batch", "/batch", 200, { calls });
    expect((reply.json as { answers: unknown[] }).answers).toHaveLength(calls.length);
    await ask("/batch", "/batch", 400, { calls: 1 });
  });

  it("of OpenFeature's protocol, refusals in its own words and in ours too", async () => {
    const visitor = { context: { targetingKey: "1" } };
    await ask(
      "/participate",
      `/participate?${query({ ...args, experiment: "switch", alternatives: ["on", "off"] })}`,
      200,
    );
    await ask(flags, flags, 200, visitor);
    await ask(`${flags}/{name}`, `${flags}/schema`, 200, visitor);
    await ask(`${flags}/{name}`, `${flags}/switch`, 200, visitor);
    await ask(flags, flags, 400, {});
    await ask(`${flags}/{name}`, `${flags}/schema`, 400, { context: {} });
    await ask(`${flags}/{name}`, `${flags}/none`, 404, visitor);
    await ask(`${flags}/{name}`, `${flags}/%ff`, 400, visitor);
    const track = "/ofrep/v1/track";
    const event = { ...visitor, trackingEventName: "sales", trackingEventDetails: { value: 2 } };
    await ask(track, track, 200, event);
    await ask(track, track, 200, { ...event, context: { targetingKey: "nobody" } });
    await ask(track, track, 200, { ...event, context: { targetingKey: "1", userAgent: "bot" } });
    await ask(track, track, 400, visitor);
    await ask(track, track, 400, { ...event, trackingEventName: "x".repeat(2_000) });
  });

  it("of everything that is asked about the server and an experiment", async () => {
    await ask("/experiments/{name}", "/experiments/schema", 200);
    for (const path of ["/_status", "/healthz", "/readyz", "/openapi.json", "/metrics", "/", "/favicon.ico"]) {
      await ask(path, path, 200);
    }
  });

  it("of refusals", async () => {
    await ask("/participate", "/participate", 400);
    await ask("/participate", `/participate?${query({ ...args, traffic_fraction: 7 })}`, 400);
    await ask("/convert", `/convert?${query({ ...args, client_id: "stranger" })}`, 400);
    await ask("/experiments/{name}", "/experiments/none", 404);
    await ask("/participate", `/participate?x=${"x".repeat(20_000)}`, 414);
  });

  it("of a server whose store is gone or that is about to stop", async () => {
    const failing = await startApi({ store: failingStore().store });
    await ask("/participate", `/participate?${query(args)}`, 503, undefined, failing);
    await ask("/_status", "/_status", 500, undefined, failing);
    await failing.close();
    const stopping = await startApi({ draining: () => true });
    await ask("/readyz", "/readyz", 503, undefined, stopping);
    await stopping.close();
  });
});

// The last word of this file: an endpoint that nobody asked has a schema that nobody holds.
afterAll(async () => {
  const paths = [...Object.keys(ROUTES), ...Object.keys(NAMED_ROUTES).map((prefix) => `${prefix}{name}`)];
  const operations = Object.entries((await described())["paths"] as Json).flatMap(([path, methods]) =>
    Object.keys(methods as Json).map((method) => `${method} ${path}`),
  );
  expect(new Set(operations.map((operation) => operation.split(" ")[1]))).toEqual(new Set(paths));
  expect([...seen].sort()).toEqual(operations.sort());
});
